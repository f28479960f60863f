/* The words of the vocabulary that learned contexts are near. */

export const contexts = {
  heading: (letter: string) => (letter === '' ? 'Learned contexts' : `Learned contexts of ${letter}`),
  lead: 'The word of CLIP’s vocabulary nearest to each learned vector. Words that go on have a hyphen.',
  metric: 'Nearest by',
  metrics: { euclidean: 'Distance', cosine: 'Cosine' },
  metricHints: {
    euclidean: 'Euclidean distance in the space of token embeddings, as CoOp’s authors measure it',
    cosine: 'Cosine with the token embeddings, whatever their length'
  },
  of: 'Contexts',
  which: { picture: 'Picture', learned: 'Learned' },
  whichHints: {
    picture: 'As they are for the picture that is open',
    learned: 'As they are stored, before the picture shifts them'
  },
  ofClass: (name: string, place: number, of: number) =>
    `Of the class ${name}, ${place} of ${of}; choose another in Classes.`,
  ofPicture: 'As they are for this picture.',
  ofFirstWindow: 'As they are for the first window of this picture.',
  beforePicture: 'As learned; with a picture come its own.',
  vector: 'Vector',
  word: 'Word',
  distance: 'Distance',
  cosine: 'Cosine',
  ofMedian: 'of median',
  ofMedianHint: 'distance of the nearest word as a share of the median distance to all words',
  median: 'Median',
  medianHint: 'median cosine with all words',
  more: (vector: string) => `More words near ${vector}`,
  image: 'The picture as a token',
  little: (vectors: string) => `${vectors}: every word is about as near, so the nearest says little.`,
  copy: 'Copy the table',
  copied: 'the table',
  searching: 'Searching the vocabulary…',
  failed: 'The words cannot be told'
}
