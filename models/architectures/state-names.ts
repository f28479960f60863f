import type { Checkpoint, Note, StoredTensor } from '../checkpoints/checkpoint'

/** What wrappers of PyTorch put before every name: DataParallel and AveragedModel, torch.compile, Lightning modules. */
const WRAPPERS = ['module.', '_orig_mod.', 'model.']
/** AveragedModel's counter, which stands outside its own prefix. */
const COUNTERS = new Set(['n_averaged'])

/**
 * The checkpoint with names as the model itself has them: wrappers' prefixes off, and without the averaged copies that
 * mmcv's EMAHook keeps beside each weight (`ema_backbone_conv1_weight`). A note says what was done.
 */
export function withPlainNames(checkpoint: Checkpoint): Checkpoint {
  const notes: Note[] = []
  let entries = [...checkpoint.stateDict]

  const flattened = new Set(entries.map(([name]) => `ema_${name.replaceAll('.', '_')}`))
  const averaged = entries.filter(([name]) => flattened.has(name)).length
  if (averaged > 0) {
    entries = entries.filter(([name]) => !flattened.has(name))
    notes.push({
      code: 'choice',
      message: `The trained weights are used; the file also holds averaged copies (EMA) of ${averaged} of them.`
    })
  }

  let removed = ''
  for (let prefix = sharedWrapper(entries); prefix !== undefined; prefix = sharedWrapper(entries)) {
    removed += prefix
    const length = prefix.length
    entries = entries
      .filter(([name]) => !COUNTERS.has(name))
      .map(([name, tensor]): [string, StoredTensor] => [name.slice(length), tensor])
  }
  if (removed) notes.push({ code: 'renamed', message: `The prefix “${removed}” of every name is left out.` })

  if (notes.length === 0) return checkpoint
  return { ...checkpoint, stateDict: new Map(entries), notes: [...checkpoint.notes, ...notes] }
}

function sharedWrapper(entries: readonly (readonly [string, StoredTensor])[]): string | undefined {
  const names = entries.map(([name]) => name).filter((name) => !COUNTERS.has(name))
  return names.length === 0 ? undefined : WRAPPERS.find((prefix) => names.every((name) => name.startsWith(prefix)))
}
