/* SAM: points, boxes, masks and what they give. */

export const sam = {
  overlays: { 'sam-mask': 'Mask of SAM', 'sam-logits': 'Logits of SAM' },

  tools: 'What the mouse does',
  tool: { points: 'Points', box: 'Box', look: 'Look' },
  toolHint: {
    points:
      'Click: belongs to the mask. Right-click or Alt-click: does not. Enter does the same at the mouse or the middle of the view, Backspace takes the last one back.',
    box: 'Drag a box around what belongs to the mask. Click and right-click still set points.',
    look: 'Drag moves the picture and a click pins a probe, as in other panes.'
  },
  answer: 'Mask',
  answers: { best: 'Best of three', '1': '1 of 3', '2': '2 of 3', '3': '3 of 3', single: 'Single' },
  answerHint:
    'SAM answers with three masks for prompts that leave doubt, and with one for those that do not; it says which IoU it expects of each.',
  clear: 'Clear',
  clearHint: 'Take back all points and the box',

  teach: 'Click what belongs to the mask, right-click what does not, or drag a box with the box tool.',
  encoding: 'SAM reads the picture once; then every click is answered at once.',
  needsSam: 'This model takes no points, boxes or masks: open a SAM checkpoint for that.',
  maskOf: (answer: string) => `SAM mask: ${answer}`,
  tagIou: (iou: string) => `expects IoU ${iou}`,
  tagShare: (share: string) => `${share} of the picture`,
  told: (points: number, box: boolean, mask: string | undefined) =>
    [
      `${points} ${points === 1 ? 'point' : 'points'}`,
      ...(box ? ['box'] : []),
      ...(mask ? [`map of ${mask}`] : [])
    ].join(' · '),
  prompt: (label: 0 | 1, x: string, y: string) => `${label === 1 ? 'Inside' : 'Outside'} at ${x}, ${y}`,
  box: (left: string, top: string, right: string, bottom: string) => `Box ${left}, ${top} – ${right}, ${bottom}`,
  removePrompt: (what: string) => `Remove: ${what}`,

  keys: {
    heading: 'In the picture of SAM',
    click: 'this belongs to the mask',
    rightClick: 'Right-click, Alt-click',
    rightClickDoes: 'this does not',
    enter: 'the same at the mouse, the last pin, or the middle of the view',
    altEnter: 'there, and it does not belong',
    backspace: 'take back the last point, then the box'
  },
  runNote: 'SAM sees every picture whole, scaled to its square, whatever is chosen here.',

  heading: 'SAM prompts',
  clicked: 'From the mouse',
  nothingClicked: 'Click in the pane of SAM: what belongs to the mask, with the right button what does not.',
  fromScores: (name: string) => `From the score map of ${name}`,
  fromScoresNone: 'A score map can tell SAM what to cut out: open a model with one, and choose a class.',
  fromScoresSliding:
    'Sliding windows have a score map each: choose inference of the whole picture to tell SAM about it.',
  scoreModel: 'Model',
  parts: { points: 'Peaks as points', box: 'Region as box', mask: 'Map as mask' },
  partHints: {
    points:
      'Where the margin is highest among its neighbours, at the middle of the cell; none within two cells of a higher one.',
    box: 'Around the largest region that hangs together.',
    mask: 'Logits (margin − threshold) / τ: the log-odds of the class against the best other one, as the matching loss trains them; SAM’s own masks are log-odds too.'
  },
  peaks: 'At most',
  threshold: 'Threshold',
  thresholdHint:
    'The margin of a cell is the cosine of the class less that of the best other one. 0: where the class wins.',
  nowhere: (name: string) => `No cell is ${name} at this threshold.`,
  ownBox: 'Your own box stands in the place of the region’s.',
  expected: 'IoU that SAM expects',
  againstDecoder: (name: string) => `IoU with the decoder’s ${name}`,
  againstScores: (name: string) => `IoU with the score map’s ${name}`,
  againstLabels: (name: string) => `IoU with the labels of ${name}`,
  join: '+ SAM',
  joinHint:
    'Join SAM’s picture embedding to the features: both vectors of a cell have length one, on the grid of the finer one',
  joined: (tensor: string) => `${tensor} + SAM`,
  tagJoined: 'each block of length one'
}
