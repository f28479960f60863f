import { contexts } from './en/contexts'
import { doctor } from './en/doctor'
import { onnx } from './en/onnx'
import { opening } from './en/opening'
import { panes } from './en/panes'
import { sam } from './en/sam'
import { refine } from './en/refine'

/*
 * Every text of the window, in English. Other languages have the same keys with the same parameters (words.ts).
 * Tensor names, file names and the engine's own messages are no words.
 */

const plural = new Intl.PluralRules('en')
const count = (n: number, one: string, other: string): string => (plural.select(n) === 'one' ? one : other)

export const en = {
  app: 'DenseCLIP Studio',
  views: { heatmaps: 'Heatmaps', checkpoint: 'Checkpoint' },
  viewsLabel: 'Views',
  noView: 'None of the views can draw what this model gives.',

  title: {
    label: 'Document',
    noPicture: 'No picture',
    noModel: 'No model',
    palette: 'All commands',
    library: 'Library',
    inspector: 'Inspector',
    model: (letter: string) => `Model ${letter}`
  },

  welcome: {
    model: 'Open a DenseCLIP checkpoint to see what it sees.',
    modelHow:
      'Drop the authors’ file anywhere on the window: DenseCLIP, CLIP, MaskCLIP, CoOp, CoCoOp, SAM, Semantic FPN, or an ImageNet ResNet.',
    picture: 'Open a picture to run the model on.',
    pictureHow: 'Drop a JPEG, PNG, WebP or TIFF anywhere on the window.'
  },

  doctor,
  contexts,
  opening,
  panes,
  refine,
  onnx,

  actions: {
    open: 'Open…',
    openSample: 'Open the sample',
    chooseAnother: 'Choose another…',
    dismiss: 'Dismiss',
    cancel: 'Cancel',
    tryAgain: 'Try again',
    copy: 'Click to copy'
  },

  models: {
    heading: 'Models',
    open: 'Open checkpoint…',
    samples: 'Samples',
    recent: 'Recent',
    empty:
      'A DenseCLIP checkpoint goes here, or one of CLIP, MaskCLIP, CoOp, SAM and their kin: the file as its authors publish it. Drop it anywhere on the window, or open it.',
    opening: 'Opening…',
    classes: (n: number) => `${n} ${count(n, 'class', 'classes')}`,
    missing: (n: number) =>
      `${n} ${count(n, 'tensor is', 'tensors are')} missing, so this model can be looked at but not run.`,
    notes: (n: number) => `${n} ${count(n, 'note', 'notes')}`,
    cannotOpen: 'This checkpoint cannot be opened',
    cannotRun: 'The run failed',
    closeModel: (letter: string) => `Close model ${letter}`
  },

  pictures: {
    heading: 'Picture',
    open: 'Open picture…',
    empty: 'A photograph or a frame of a data set goes here: JPEG, PNG, WebP or TIFF. Drop it anywhere on the window.',
    opening: 'Opening…',
    cannotOpen: 'This picture cannot be opened',
    labels: 'Labels',
    openLabels: 'Open label image…',
    removeLabels: 'Close labels',
    cannotOpenLabels: 'These labels cannot be opened',
    noLabels: 'No label image',
    domains: { day: 'Day', night: 'Night', fog: 'Fog', game: 'Game' } as Readonly<Record<string, string>>
  },

  classes: {
    heading: 'Classes',
    list: 'Classes of the model',
    search: 'Search',
    none: 'No class has such a name.',
    noWords: 'This checkpoint has no text encoder, so it has no classes to choose from.',
    before: 'The classes of the checkpoint come here: choose one to see its score map.',
    empty: 'The class list is empty. Add a name to see its score map.',
    byPresence: 'Presence',
    byList: 'List',
    order: 'Order',
    shareFrom: {
      seg_logits: 'share of pixels where the decoder says so',
      score_map: 'share of pixels where the score map is highest'
    },
    add: 'Add a class',
    rename: 'Rename',
    remove: 'Remove',
    moveUp: 'Move up',
    moveDown: 'Move down',
    reset: 'Back to the checkpoint’s classes',
    edited: 'Edited',
    editedHint: 'This list differs from the checkpoint’s own.',
    nameOf: (name: string) => `New name of ${name}`,
    nameOfNew: 'Name of the new class',
    tooLong: (tokens: number, fit: number) => `Too long: ${tokens} ${count(tokens, 'token', 'tokens')}, ${fit} fit`,
    twice: 'This name is in the list already',
    emptyName: 'A class needs a name'
  },

  probe: {
    heading: 'Probe',
    hint: 'Move the mouse over the picture to read what the model says there. A click keeps the place.',
    cell: 'Cell',
    cellOf: (row: number, column: number, rows: number, columns: number) =>
      `row ${row}, column ${column} of ${rows} × ${columns}`,
    pixel: 'Pixel',
    truth: 'Label',
    ignored: 'ignored',
    window: 'Window',
    cosine: 'Cosine',
    logit: 'Logit',
    className: 'Class',
    margin: 'Margin',
    marginHint: 'best minus second-best',
    rank: (rank: number, of: number) => `${rank} of ${of}`,
    atPin: (number: number) => `at pin ${number}`,
    top: (n: number) => `The ${n} best classes, by cosine`,
    topByLogit: (n: number) => `The ${n} best classes, by logit`
  },

  pins: {
    heading: 'Pins',
    empty: 'Click in the picture to pin a place, Shift-click to pin more.',
    name: (number: number) => `Name of pin ${number}`,
    unnamed: 'Name…',
    remove: (number: number) => `Remove pin ${number}`
  },

  run: {
    heading: 'Run',
    mode: 'Inference',
    whole: 'Whole',
    slide: 'Sliding',
    wholeHint: 'the whole picture in one pass',
    slideHint: 'the published sliding window: every window is a picture of its own, and logits are averaged',
    window: 'Window',
    stride: 'Stride',
    px: 'px',
    scaling: 'Size',
    published: 'Published',
    original: 'Original',
    publishedHint: 'scaled as the model’s own test pipeline does',
    originalHint: 'not resized',
    input: (width: number, height: number) => `input ${width} × ${height} px`,
    gamma: 'γ',
    gammaLabel: 'Scale of γ, the refinement of the words',
    gammaHint: 'How far the picture refines the words: t′ = t + γ·v. 1 is as trained, 0 leaves the words alone.',
    gammaOff: 'This checkpoint does not refine its words by the picture, so there is no γ.',
    whatIf: 'what-if',
    whatIfHint: 'Not as the model was trained.',
    tau: 'τ',
    tauLabel: 'τ, the temperature of the matching loss',
    tauHint: 'Temperature of the pixel–text matching loss, cross-entropy of s/τ.',
    reset: 'As trained'
  },

  quality: {
    heading: 'Against the labels',
    decoder: 'Decoder',
    scoreMap: 'Score map',
    meanIou: 'mIoU',
    pixelAccuracy: 'Pixel accuracy',
    pixels: 'Pixels',
    note: (n: number) => `This picture alone, mean over ${n} classes; absent ones count as 0.`,
    chosen: (name: string) => `IoU of ${name}`,
    nothing: 'This model labels no pixels, so there is nothing to compare.'
  },

  tensors: {
    heading: 'Tensors',
    save: (name: string) => `Save ${name} as NPY…`,
    none: 'Open a checkpoint to see the tensors that it gives.',
    notYet: 'It gives no tensors yet: its card says what it lacks.',
    saved: (path: string) => `Saved ${path}`
  },

  facts: { heading: 'Checkpoint', source: 'Source', size: 'Size', hash: 'SHA-256', why: 'Why this family' },

  options: { heading: 'View' },

  heatmaps: {
    overlays: {
      picture: 'Picture',
      score_map: 'Score map',
      'score-argmax': 'Argmax of score map',
      'decoder-argmax': 'Argmax of decoder',
      labels: 'Ground truth',
      'loss-decoder': 'Loss of decoder',
      'loss-score': 'Loss of score map',
      similar: 'Similar cells',
      feature: 'Features',
      logits: 'Logit of class',
      ...sam.overlays
    },
    tools: 'What is shown',
    overlay: 'Overlay',
    beside: 'Beside it',
    layout: 'Layout',
    layouts: { single: 'Single', 'side-by-side': 'Side by side', swipe: 'Swipe' },
    interpolation: 'Cells',
    bilinear: 'Bilinear',
    cells: 'As they are',
    scale: 'Scale',
    shared: 'Shared',
    own: 'Own',
    colors: 'Colours',
    sequential: 'Sequential',
    signed: 'Signed',
    colorMap: 'Colour map',
    opacity: 'Opacity',
    tensor: 'Tensor',
    channel: 'Channel',
    pca: 'PCA',
    pcaColors: 'PCA as RGB',
    exportPane: 'Export…',
    exportHint: 'What the panes show as SVG and PNG, with a JSON that says where it came from',
    exportOld: 'The newest map is on its way: export it when it is there.',
    exported: (name: string) => `Exported ${name}`,
    picture: 'Picture',
    swipeLine: 'Swipe line',
    groundTruth: 'ground truth',
    argmaxOf: (tensor: string) => `argmax of ${tensor}`,
    crossEntropyOf: (what: string) => `cross-entropy of ${what}`,
    cellsLike: (row: number, column: number) => `cosine to row ${row}, column ${column}`,
    channelOf: (channel: number) => `channel ${channel}`,
    component: (index: number, share: string) => `component ${index}, ${share} of variance`,
    componentColors: ['red', 'green', 'blue'],
    tagInterpolation: { bilinear: 'bilinear', cells: 'cells' },
    tagWhole: 'whole picture',
    tagSlide: (window: number, stride: number) => `sliding window ${window}/${stride}`,
    tagInput: (width: number, height: number) => `resampled to ${width} × ${height}`,
    tagClasses: 'edited classes',
    tagLabels: (width: number, height: number) => `labels resized from ${width} × ${height}`,
    tagBeyond: (share: string) => `${share} labelled as no class`,
    tagShared: 'shared scale',
    tagOwn: 'own scale',
    tagGamma: (factor: string) => `γ × ${factor} what-if`,
    tagTau: (tau: string) => `τ ${tau}`,
    tagPcaPerWindow: 'each window its own PCA',
    tagMean: (mean: string) => `mean ${mean} nats`,
    tagMeanIou: (iou: string, accuracy: string) => `mIoU ${iou} · pixels right ${accuracy}`,
    tagOld: 'before the last change',
    tagLeft: (tag: string) => `left: ${tag}`,
    tagRight: (tag: string) => `right: ${tag}`,
    needsLabels: 'There is no ground truth for this picture. Drop its label image on the window to compare.',
    needsProbe: 'Point at the picture: the map shows how alike all cells are to the one under the mouse.',
    noClasses: 'This model has no classes.',
    noPicture: 'No picture is open. Drop one on the window.',
    noModel: 'No model is open. Drop a checkpoint on the window to see what it sees.',
    working: 'Working…'
  },

  sam,

  status: {
    label: 'Status',
    engine: {
      starting: 'Engine starting…',
      ready: 'Engine ready',
      restarting: (reason: string) => `Engine restarting: ${reason}`,
      failed: (reason: string) => `Engine stopped: ${reason}`
    },
    provider: 'Provider',
    providerUsed: 'runs the stages',
    providerAvailable: 'available',
    automatic: 'Automatic',
    threads: (n: number) => `${n} ${count(n, 'thread', 'threads')}`,
    memory: 'Memory',
    memoryOf: { engine: 'engine', tensors: 'tensors kept', cache: 'compiled models on disk' },
    lastRun: 'Last run',
    stages: {
      image_encoder: 'image',
      text_encoder: 'text',
      context_decoder: 'context',
      meta_net: 'contexts',
      image_prompt: 'image prompt',
      stored_words: 'text',
      prompt_encoder: 'prompts',
      mask_decoder: 'masks',
      score_map: 'scores',
      prompt_denoising: 'denoising',
      key: 'keys',
      key_smoothing: 'smoothing',
      picture_logits: 'picture',
      decode_head: 'decoder',
      upsample: 'upsampling',
      count: 'weights',
      compare: 'weights'
    } as Readonly<Record<string, string>>,
    kept: 'kept',
    keptHint: 'nothing it depends on had changed',
    left: (time: string) => `${time} left`,
    tasks: {
      'open-model': (name: string) => `Opening ${name}`,
      'open-picture': (name: string) => `Opening ${name}`,
      'open-labels': (name: string) => `Opening ${name}`,
      run: (letter: string) => `Running model ${letter}`,
      count: (name: string) => `Reading all weights of ${name}`,
      compare: (names: string) => `Comparing ${names}`
    },
    ended: 'Ended. The next change runs the model again.',
    restart: 'Restart engine',
    recovered: (reason: string) =>
      `The engine stopped (${reason}) and was started again; everything that was open is opened again.`
  },

  hints: {
    label: 'Hints',
    probe: 'Move the mouse over the picture: the inspector shows the cosine of that cell to every class.',
    classes: 'Press ↑ and ↓ in the class list to go through the score maps.',
    drop: 'Drop a checkpoint or a picture anywhere on the window. Press ? for all keys.',
    next: 'Got it',
    place: (at: number, of: number) => `${at} of ${of}`
  },

  drop: {
    here: 'Drop a checkpoint, a picture, or a label image',
    unknown: (name: string) =>
      `“${name}” is neither a checkpoint nor a picture; .pth, .pt, .safetensors, .onnx, JPEG, PNG, WebP and TIFF open.`,
    folder: (name: string) => `“${name}” is a folder; drop the files in it.`
  },

  palette: { label: 'Commands', search: 'Search commands', none: 'No command has such a name.' },

  keys: {
    heading: 'Keys and gestures',
    gestures: 'In the picture',
    hover: 'Move the mouse',
    hoverDoes: 'read the numbers there',
    click: 'Click',
    clickDoes: 'pin the place',
    shiftClick: 'Shift-click',
    shiftClickDoes: 'pin one more',
    drag: 'Drag, wheel',
    dragDoes: 'move, zoom at the mouse',
    doubleClick: 'Double-click',
    doubleClickDoes: 'fit the picture',
    pictureKeysDoes: 'in the picture: move, zoom',
    spaceDoes: 'show the bare picture while held',
    classKeysDoes: 'in the class list: the next class',
    typeLetters: 'Letters',
    typeLettersDoes: 'in the class list: search',
    editKeysDoes: 'in the class list: rename, remove',
    moveKeysDoes: 'in the class list as listed: move',
    escape: 'ends what runs, closes what is open, clears the pins'
  },

  groups: { file: 'File', edit: 'Edit', view: 'View', show: 'Show', engine: 'Engine', help: 'Help' },

  commands: {
    'open-checkpoint': 'Open checkpoint…',
    'open-beside': 'Open beside…',
    'open-picture': 'Open picture…',
    'open-labels': 'Open label image…',
    'open-sample': 'Open the sample',
    'export-pane': 'Export pane…',
    'export-tensor': 'Export tensor…',
    'clear-recent': 'Clear recent files',
    undo: 'Undo',
    redo: 'Redo',
    'next-class': 'Next class',
    'previous-class': 'Previous class',
    'add-class': 'Add a class',
    'class-names': 'Class names…',
    'reset-classes': 'Back to the checkpoint’s classes',
    'view-1': 'Heatmaps',
    'view-2': 'Checkpoint',
    'fit-picture': 'Fit the picture',
    'toggle-library': 'Library',
    'toggle-inspector': 'Inspector',
    'toggle-theme': 'Light or dark',
    'follow-system-theme': 'Light or dark as the system',
    'switch-language': '한국어로 바꾸기',
    'show-score-map': 'Score map of the class',
    'show-score-argmax': 'Argmax of the score map',
    'show-decoder-argmax': 'Argmax of the decoder',
    'show-labels': 'Ground truth',
    'show-similar': 'Similar cells',
    'show-features': 'Features',
    'toggle-cells': 'Cells or bilinear',
    'toggle-scale': 'Shared or own scale',
    'swap-models': 'Swap models A and B',
    'run-again': 'Run again',
    'restart-engine': 'Restart engine',
    'clear-model-cache': 'Clear compiled models',
    'command-palette': 'All commands…',
    'keyboard-sheet': 'Keys'
  },

  done: {
    cacheCleared: 'Compiled models are cleared.',
    copied: (text: string) => `Copied ${text}`
  }
}
