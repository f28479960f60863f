/* Several models beside each other on one picture. */

export const panes = {
  follow: 'As in the toolbar',
  shows: (letter: string) => `What the pane of ${letter} shows`,
  tensorOf: (letter: string) => `Tensor in the pane of ${letter}`,
  inSome: (tensor: string, letters: string) => `${tensor} (${letters})`,
  thisModel: 'This model',
  hasNoTensor: (who: string, tensor: string) => `${who} has no ${tensor}.`,
  hasNoClass: (who: string, name: string) => `${who} has no class “${name}”.`,
  gives: (tensors: string) => `It gives ${tensors}.`,
  showFeatures: 'Look at its features',
  because: {
    words: 'Nothing in it shares a space with words.',
    decoder: 'It has no decoder that labels pixels.'
  },
  cannotRun: (who: string, missing: number) =>
    `${who} cannot be run: ${missing} of its tensors ${missing === 1 ? 'is' : 'are'} missing from the file.`,
  otherLabels: (who: string, letter: string) =>
    `The labels count the classes of ${letter}, and ${who} has another list: they cannot be compared.`,
  tagShared: (letters: string) => `scale shared by ${letters}`,

  models: 'Model whose numbers are shown',
  probe: {
    measure: 'Compared by',
    rankBy: (letter: string, file: string) => `${letter}, ${file}: rank by it`,
    noScores: 'no score map',
    noLogits: 'no logits',
    notYet: 'not run yet',
    noPartner: (letter: string, name: string) => `${letter} has no class “${name}”`,
    cellHint: (letter: string, cell: string) => `${letter}: ${cell}`,
    table: (n: number, letter: string) => `The ${n} best classes of ${letter} in every model`
  }
}
