import type { Checkpoint, Plain } from '../checkpoints/checkpoint'
import { isPlainDict, isPlainList } from '../checkpoints/plain'
import { parsePythonConfig } from '../checkpoints/python-literal'

type Rgb = readonly [number, number, number]

/** What mmcv writes about a training run: the configuration as text, class names, colours. All of it may be absent. */
export interface MmcvMeta {
  readonly config: PlainTree
  readonly classes: readonly string[] | undefined
  readonly palette: readonly Rgb[] | undefined
}

export function readMmcvMeta(checkpoint: Checkpoint): MmcvMeta {
  const meta = new PlainTree(checkpoint.extras.get('meta'))
  const text = meta.at('config').value
  const config = new PlainTree(typeof text === 'string' ? parsePythonConfig(text) : text)
  const classes = meta.at('CLASSES').strings() ?? config.at('model', 'class_names').strings()
  return { config, classes, palette: paletteOf(meta.at('PALETTE').value) }
}

/** Dicts and lists of a configuration, of which any may be absent or of another kind than expected. */
export class PlainTree {
  constructor(readonly value: Plain | undefined) {}

  at(...path: readonly (string | number)[]): PlainTree {
    let value = this.value
    for (const step of path) {
      if (typeof step === 'number') value = isPlainList(value) ? value[step] : undefined
      else value = isPlainDict(value) ? value.get(step) : undefined
    }
    return new PlainTree(value)
  }

  number(): number | undefined {
    const { value } = this
    if (typeof value === 'bigint') return Number(value)
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  }

  text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined
  }

  /** A list of numbers and nothing else. */
  numbers(): readonly number[] | undefined {
    return this.listOf((item) => item.number())
  }

  /** A list of texts and nothing else. */
  strings(): readonly string[] | undefined {
    return this.listOf((item) => item.text())
  }

  items(): readonly PlainTree[] {
    return isPlainList(this.value) ? this.value.map((item) => new PlainTree(item)) : []
  }

  private listOf<T>(read: (item: PlainTree) => T | undefined): readonly T[] | undefined {
    const items = this.items().map(read)
    const found = items.filter((item) => item !== undefined)
    return found.length > 0 && found.length === items.length ? found : undefined
  }
}

function paletteOf(value: Plain | undefined): readonly Rgb[] | undefined {
  const colours = new PlainTree(value).items().map((item) => {
    const [red, green, blue, ...more] = item.numbers() ?? []
    const isColour = red !== undefined && green !== undefined && blue !== undefined && more.length === 0
    return isColour ? ([red, green, blue] as const) : undefined
  })
  const found = colours.filter((colour) => colour !== undefined)
  return found.length > 0 && found.length === colours.length ? found : undefined
}
