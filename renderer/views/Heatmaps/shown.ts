import { presentEntries } from '#models/figures/class-legend'
import type { Key } from '#models/figures/heatmap'
import { formatNats } from '#models/figures/numbers'
import type { Layer, Overlay } from '#models/figures/overlay'
import type { Rgb } from '#models/palettes'
import type { LabelMap } from '#models/results-api'
import type { PaneChoice } from '../../state/choices'
import { indexOfClass } from '../../state/class-names'
import type { ModelSlot } from '../../state/model-slot.svelte'
import type { Studio } from '../../state/studio.svelte'
import type { Words } from '../../words/words'
import { featureTensorOf } from './feature-tensor'
import { showFeature, showSimilar } from './features-shown'
import { colorBar, domainFor, layersOf, mapOf, scalarLayers } from './layers'
import { labelSourceOf, type OverlayData, type ShownKind } from './overlay-data.svelte'
import { featureTensorsOf, neededTensor } from './pane-choice'
import { showSamLogits, showSamMask } from './sam-shown'
import { chosenScale, lossRange, rangeOf } from './scale'
import { isRemoved, SCORE_UNITS } from './score-tensor'
import type { SlotMaps } from './slot-maps.svelte'
import { beyondTags, labelTags, meanIouTags, runTags } from './tags'

/** What lies over the picture in a pane, with everything that tells how to read it; the pane and its export use it. */
export interface Shown {
  readonly title: string
  readonly layers: readonly Layer[]
  readonly keys: readonly Key[]
  readonly tags: readonly string[]
  /** what to do next, where that is not plain to see */
  readonly hint?: string | undefined
}

/** A value that has to be chosen or opened before there is anything to show: one sentence of what to do. */
export interface Missing {
  readonly missing: string
  /** what the model can show instead */
  readonly offer?: PaneChoice | undefined
}

export interface Sources {
  readonly studio: Studio
  readonly slot: ModelSlot
  readonly maps: SlotMaps
  readonly data: OverlayData
  readonly words: Words['heatmaps']
}

function showScores(from: Sources): Shown | Missing | undefined {
  const { studio, slot, maps, words } = from
  const options = studio.heatmaps
  if (studio.chosenName === undefined) return { missing: words.noClasses }
  if (studio.chosenIndex(slot) === undefined) return lackingClass(from, studio.chosenName)
  const scores = maps.scores.value
  // a class that was added since is on its way
  const index = indexOfClass(scores?.classes ?? [], studio.chosenName)
  const cells = scores?.windows.map((_, window) => scores.ofClass(window, index)).filter((map) => map !== undefined)
  if (!scores || !cells || cells.length === 0) return undefined
  const { tensor } = scores
  // shared: over all classes, so that they compare too
  const scale = chosenScale(from, SCORE_UNITS[tensor], rangeOf(cells), scores.range)
  const domain = domainFor(scale.range, options)
  const map = mapOf(options)
  return {
    title: `${scores.classes[index ?? -1] ?? studio.chosenName} · ${tensor}`,
    layers: scalarLayers(cells, maps.windows, options, map, domain),
    keys: [colorBar(tensor, SCORE_UNITS[tensor], map, domain)],
    tags: [
      ...(isRemoved(tensor, cells) ? [studio.words.refine.tagRemoved] : []),
      words.tagInterpolation[options.interpolation],
      scale.tag,
      ...runTags(from)
    ]
  }
}

function showLogits(from: Sources): Shown | Missing | undefined {
  const { studio, slot, data, words } = from
  const options = studio.heatmaps
  if (studio.chosenName === undefined) return { missing: words.noClasses }
  if (studio.chosenIndex(slot) === undefined) return lackingClass(from, studio.chosenName)
  const cells = data.logits.value
  if (!cells) return undefined
  const scale = chosenScale(from, 'logit', rangeOf([cells]))
  const domain = domainFor(scale.range, options)
  const map = mapOf(options)
  return {
    title: `${slot.classes[studio.chosenIndex(slot) ?? -1] ?? studio.chosenName} · seg_logits`,
    layers: scalarLayers([cells], [], options, map, domain),
    keys: [colorBar('seg_logits', 'logit', map, domain)],
    tags: [words.tagInterpolation[options.interpolation], scale.tag, ...runTags(from)]
  }
}

/** A label map with the names and colours of its classes. */
function showLabels(
  from: Sources,
  title: string,
  map: LabelMap,
  names: { readonly classes: readonly string[]; readonly palette: readonly Rgb[] },
  tags: readonly string[]
): Shown {
  const { width, height, labels, counts } = map
  const overlay: Overlay = { kind: 'labels', rows: height, columns: width, labels, palette: names.palette }
  return {
    title,
    layers: layersOf([overlay], [], from.studio.heatmaps.opacity),
    keys: [{ kind: 'classes', title, entries: presentEntries(names.classes, names.palette, counts) }],
    tags
  }
}

const paletteOf = (slot: ModelSlot, classes: readonly string[]): Rgb[] => classes.map((name) => slot.colorOf(name))

function showArgmax(from: Sources, kind: ShownKind): Shown | undefined {
  const { studio, slot, maps, data, words } = from
  const tensor = labelSourceOf(kind, maps.scoreTensor) ?? 'seg_logits'
  const tags = [...meanIouTags(data.meanIou.value, from), ...runTags(from)]
  if (tensor === 'seg_logits' || studio.heatmaps.interpolation === 'bilinear') {
    const map = data.labelMap.value
    if (!map) return undefined
    const { classes } = map
    return showLabels(from, words.argmaxOf(map.from), map, { classes, palette: paletteOf(slot, classes) }, [
      words.tagInterpolation.bilinear,
      ...tags
    ])
  }
  const scores = maps.scores.value
  const grids = scores?.windows.map((_, window) => scores.argmax(window)).filter((grid) => grid !== undefined)
  if (!scores || !grids || grids.length === 0) return undefined
  const { classes } = scores
  const title = words.argmaxOf(scores.tensor)
  const palette = paletteOf(slot, classes)
  const counts = classes.map(() => 0)
  for (const { labels } of grids) for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  const overlays = grids.map((grid): Overlay => ({ kind: 'labels', ...grid, palette }))
  return {
    title,
    layers: layersOf(overlays, maps.windows, studio.heatmaps.opacity),
    keys: [{ kind: 'classes', title, entries: presentEntries(classes, palette, counts) }],
    tags: [words.tagInterpolation.cells, ...runTags(from)]
  }
}

function showTruth(from: Sources): Shown | Missing | undefined {
  const { studio, slot, data, words } = from
  if (!studio.labels.info) return { missing: words.needsLabels }
  const map = data.truth.value
  if (!map) return undefined
  const classes = studio.labelClasses
  const palette = paletteOf(studio.classModel ?? slot, classes)
  return showLabels(from, words.groundTruth, map, { classes, palette }, [...labelTags(from), ...beyondTags(from, map)])
}

function showLoss(from: Sources, kind: ShownKind): Shown | Missing | undefined {
  const { studio, slot, data, words } = from
  if (!studio.labels.info) return { missing: words.needsLabels }
  if (!studio.labelsFit(slot)) {
    return { missing: studio.words.panes.otherLabels(nameOf(from), studio.classModel?.letter ?? '') }
  }
  const loss = data.loss.value
  if (!loss) return undefined
  const { width, height, values, mean } = loss
  const options = studio.heatmaps
  const ofScores = kind === 'loss-score'
  const what = ofScores ? 'score_map / τ' : 'seg_logits'
  const scale = chosenScale(from, 'nats', lossRange(values))
  const map = options.sequentialMap
  return {
    title: words.crossEntropyOf(what),
    // a value a pixel: there is nothing between them
    layers: scalarLayers([{ rows: height, columns: width, values }], [], options, map, scale.range, 'cells'),
    keys: [colorBar(what, 'nats', map, scale.range)],
    tags: [
      words.tagMean(formatNats(mean)),
      ...(ofScores ? [words.tagTau(String(studio.tauOf(slot)))] : []),
      scale.tag,
      ...labelTags(from),
      ...runTags(from)
    ]
  }
}

const nameOf = ({ studio, slot }: Sources): string => (studio.comparing ? slot.letter : studio.words.panes.thisModel)

function lackingClass(from: Sources, name: string): Missing {
  return { missing: from.studio.words.panes.hasNoClass(nameOf(from), name) }
}

/** That the model lacks a tensor, and why or what there is instead. */
function lackingTensor(from: Sources, kind: ShownKind, tensor: string): Missing {
  const words = from.studio.words.panes
  const features = featureTensorsOf(from.slot.info)
  const isFeature = kind === 'feature' || kind === 'similar'
  if (from.slot.info?.outputs && !isFeature) return { missing: from.studio.words.onnx.needsMeaning(tensor) }
  const instead = features.length > 0 ? words.gives(features.join(', ')) : ''
  const why = words.because[tensor === 'seg_logits' ? 'decoder' : 'words']
  return {
    missing: `${words.hasNoTensor(nameOf(from), tensor)} ${isFeature ? instead : why}`.trim(),
    offer: isFeature ? undefined : offeredFeatures(from, features)
  }
}

/** The features as they are chosen for the view, else those that see most of the picture: the last. */
function offeredFeatures({ studio, slot }: Sources, features: readonly string[]): PaneChoice | undefined {
  const chosen = featureTensorOf(slot, studio.heatmaps)
  const featureTensor = slot.has(chosen) ? undefined : features.at(-1)
  return features.length > 0 ? { overlay: 'feature', featureTensor } : undefined
}

/** Undefined while the answer is on its way. */
export function show(kind: ShownKind, from: Sources): Shown | Missing | undefined {
  const { studio, slot, words } = from
  if (kind === 'picture') return { title: words.picture, layers: [], keys: [], tags: [] }
  if (!slot.info) return undefined // it is being opened (again)
  // what another checkpoint or picture gave is not read with the names of this one
  const { run } = slot
  if (run && kind !== 'labels' && (run.model !== slot.info.id || run.picture !== studio.picture.info?.id))
    return undefined
  const tensor = neededTensor(kind, featureTensorOf(slot, studio.heatmaps), from.maps.scoreTensor)
  if (tensor !== undefined && !slot.has(tensor)) return lackingTensor(from, kind, tensor)
  const lost = slot.info.missing.length
  if (lost > 0 && kind !== 'labels') return { missing: studio.words.panes.cannotRun(nameOf(from), lost) }
  switch (kind) {
    case 'score_map':
      return showScores(from)
    case 'logits':
      return showLogits(from)
    case 'score-argmax':
    case 'decoder-argmax':
      return showArgmax(from, kind)
    case 'labels':
      return showTruth(from)
    case 'loss-score':
    case 'loss-decoder':
      return showLoss(from, kind)
    case 'similar':
      return showSimilar(from)
    case 'feature':
      return showFeature(from)
    case 'sam-mask':
      return showSamMask(from)
    case 'sam-logits':
      return showSamLogits(from)
  }
}
