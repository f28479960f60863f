import type { RgbMap } from '#models/results-api'
import type { Key } from '#models/figures/heatmap'
import { formatShare } from '#models/figures/numbers'
import { WHOLE, type Overlay } from '#models/figures/overlay'
import type { Studio } from '../../state/studio.svelte'
import type { Words } from '../../words/words'
import { colorBar, domainFor, layersOf, mapOf, scalarLayers } from './layers'
import { rangeOf } from './scale'
import type { Missing, Shown, Sources } from './shown'
import { runTags } from './tags'

/* Features over the picture: cells that are like one of them, principal components as colours, a single channel. */

export function showSimilar(from: Sources): Shown | Missing | undefined {
  const { studio, maps, data, words } = from
  const options = studio.heatmaps
  const { value, answered } = data.similar
  if (!value || !answered) {
    return studio.pins.length === 0 && !studio.hovered ? { missing: words.needsProbe } : undefined
  }
  const own = options.scale === 'own'
  // shared: the whole range of a cosine, the same for every cell
  const domain = domainFor(own ? rangeOf([value]) : [-1, 1], options)
  const map = mapOf(options)
  // joined cells lie over the picture, whatever else the tensor's own cover
  const window = answered.beside ? undefined : maps.windows[answered.window]
  const name = joinedName(answered, studio)
  return {
    title: `${words.cellsLike(answered.row, answered.column)} · ${name}`,
    // a window's cells are compared to that window alone
    layers: scalarLayers([value], window ? [{ region: window.region, clip: WHOLE }] : [], options, map, domain),
    keys: [colorBar(name, 'cosine', map, domain)],
    tags: [
      ...(answered.beside ? [studio.words.sam.tagJoined] : []),
      words.tagInterpolation[options.interpolation],
      own ? words.tagOwn : words.tagShared,
      ...runTags(from)
    ]
  }
}

/** Features as they are called on screen. */
function joinedName({ name, beside }: { name: string; beside?: unknown }, { words }: Studio): string {
  return beside ? words.sam.joined(name) : name
}

function pcaKey(title: string, maps: readonly RgbMap[], words: Words['heatmaps']): Key {
  const [only] = maps
  const lines =
    only && maps.length === 1
      ? only.explained.map((share, index) => {
          const color = words.componentColors[index] ?? ''
          return `${color}: ${words.component(index + 1, formatShare(share))}`
        })
      : [words.tagPcaPerWindow]
  return { kind: 'note', title, lines }
}

export function showFeature(from: Sources): Shown | undefined {
  const { studio, maps, data, words } = from
  const options = studio.heatmaps
  if (options.featureChannel === 'pca') {
    const { value, answered } = data.pca
    if (!value || !answered) return undefined
    const { interpolation } = options
    const overlays = value.map(({ rows, columns, rgb }): Overlay => ({
      kind: 'rgb',
      rows,
      columns,
      rgb,
      interpolation
    }))
    const title = `${joinedName(answered, studio)} · ${words.pcaColors}`
    return {
      title,
      layers: layersOf(overlays, answered.beside ? [] : maps.windows, options.opacity),
      keys: [pcaKey(title, value, words)],
      tags: [
        ...(answered.beside ? [studio.words.sam.tagJoined] : []),
        words.tagInterpolation[interpolation],
        ...(value.length > 1 ? [words.tagPcaPerWindow] : []),
        ...runTags(from)
      ]
    }
  }
  const { value, answered } = data.channel
  if (!value || !answered) return undefined
  const domain = domainFor(rangeOf(value.windows), options)
  const map = mapOf(options)
  return {
    title: `${answered.name} · ${words.channelOf(value.channel)}`,
    layers: scalarLayers(value.windows, maps.windows, options, map, domain),
    keys: [colorBar(answered.name, 'feature', map, domain)],
    tags: [words.tagInterpolation[options.interpolation], words.tagOwn, ...runTags(from)]
  }
}
