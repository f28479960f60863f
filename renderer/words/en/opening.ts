/* Opening models beside each other, the files that they need, and the names of their classes. */

export const opening = {
  beside: 'Open beside…',
  besideNamed: 'Open beside',
  replace: 'Replace…',
  insteadOf: 'Open in place of A',
  close: 'Close',
  makeLead: 'Make it model A',
  menuOf: (letter: string) => `Model ${letter}: replace, close`,
  full: 'Four models are open, and more do not fit: close one of them first.',

  system: 'System',
  openedAs: 'Opened as',
  compareWith: (system: string) => `Compare with ${system}`,
  compareHint:
    'The same weights opened in another way, beside it: two answers to one question. At Size Original both get the same pixels.',
  why: 'Why, and what it gives',
  zIs: 'How z is made: the cells that the score map compares with the words',
  doesNotGive: 'Does not give',
  lacks: {
    scoreMap: 'Score map: nothing in it shares a space with words.',
    scoreMapFiles: 'Score map: it lacks files that it is computed with.',
    decoder: 'Decoder: it has none that labels pixels, so there is the score map alone.',
    anyLabels: 'Labels of pixels: it has neither a decoder nor words. Look at features, PCA and similar cells.',
    words: 'Other words: its text embeddings are stored, and there is no text encoder for new ones.',
    noWords: 'Words: it has no text encoder.',
    meanings:
      'Scores and labels: none of its outputs is taken for them. Say which one is, under Outputs in the inspector.'
  },

  needs: {
    clip: {
      what: 'The CLIP that it was trained on',
      why: 'This file holds learned contexts alone; the encoders that read them are CLIP’s, in a file of its own.',
      choose: 'Choose the CLIP…'
    },
    clipWeights: {
      what: 'Its projection: *_clip_weights.pth',
      why: 'MaskCLIP keeps the projection into the space of words in a file beside the backbone.',
      choose: 'Choose the weights…'
    },
    clipText: {
      what: 'Its text embeddings: *_clip_text.pth',
      why: 'MaskCLIP has no text encoder of its own: the embeddings of its classes were computed once and stored.',
      choose: 'Choose the embeddings…'
    },
    projection: {
      what: 'The projection of its image prompt',
      why: 'One linear layer from z̄ to a token, in a file of its own: a state dict, .safetensors or .npy.',
      choose: 'Choose the projection…'
    }
  },
  needsMore: 'It cannot be run yet',
  use: (name: string) => `Use ${name}`,
  dropToo: 'Or drop the file on the window.',
  companions: { clip: 'CLIP', clipWeights: 'Projection', clipText: 'Text embeddings', projection: 'Projection' },
  another: 'Another…',
  cannotChange: 'It stays as it was',

  classPosition: 'Name stands at the',
  classPositions: { end: 'End', middle: 'Middle', front: 'Front' },
  classPositionHint: 'The file does not say where the class name stood in training.',

  classesLater: 'Its classes come here when it has the files that it needs.',

  names: {
    heading: 'Class names',
    give: 'Name the classes…',
    chooseList: 'Choose a list…',
    unnamed: (n: number) => `Its ${n} text embeddings have no names: they are shown as class 1 to class ${n}.`,
    wantsNames: (n: number) =>
      `It learned contexts for each of ${n} classes: give their names, in the order of training.`,
    wantsClasses: 'It compares the picture with any words. Give it some: choose a list, or type names.',
    how: 'One name a line, or separated by commas.',
    list: 'Take a list',
    listOf: (letter: string) => `Model ${letter}`,
    given: (n: number) => `${n} given`,
    neededAndGiven: (needed: number, given: number) => `${needed} needed, ${given} given`,
    twice: (name: string) => `“${name}” is there twice; a class is known by its name.`,
    order: 'In the order of the file: nothing in it tells a wrong order.',
    apply: 'Use these names'
  },

  dropInstead: (letter: string) => `A checkpoint takes the place of model ${letter}.`,
  dropBesideHow: 'Hold Shift, or drop on Models, to open it beside; several go beside by themselves.',
  dropBeside: 'Drop checkpoints to open them beside'
}
