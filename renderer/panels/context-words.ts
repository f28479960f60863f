import type { WordMetric } from '#models/analysis/nearest-words'
import type { ContextWords, NearestWords, NearWord } from '#models/words-api'
import { formatCosine, formatNats, formatShare } from '#models/figures/numbers'

/** A nearest word that is not at least this much nearer than the median word says little. */
const FAR: Readonly<Record<WordMetric, (nearest: number, median: number) => boolean>> = {
  euclidean: (nearest, median) => nearest > 0.9 * median,
  // among 49,406 random directions in 512 dimensions the best cosine is about √(2 ln 49406 / 512) = 0.2
  cosine: (nearest, median) => nearest - median < 0.2
}

export function saysLittle({ nearest: [best], median }: ContextWords, metric: WordMetric): boolean {
  return best === undefined || FAR[metric](best.value, median)
}

/** A word, or with a hyphen what is not the end of one. */
export function writtenWord({ text, endsWord }: NearWord): string {
  return endsWord ? text : `${text}-`
}

export function formatNearness(value: number | undefined, metric: WordMetric): string {
  return metric === 'cosine' ? formatCosine(value) : formatNats(value)
}

/** What the nearest word is to be held against: its share of the median distance, or the median cosine. */
export function formatMedian({ nearest: [best], median }: ContextWords, metric: WordMetric): string {
  return metric === 'cosine' ? formatCosine(median) : formatShare(best && best.value / median)
}

/** v1 … vM, then what the picture adds as one more token. */
export function vectorName(index: number, count: number): string {
  return index < count ? `v${index + 1}` : 'I'
}

/** The table with tabs: a line a vector, its median, then word and value in turn, in full precision. */
export function tableText({ contexts, metric }: NearestWords, count: number): string {
  const head = ['vector', 'median', ...(contexts[0]?.nearest ?? []).flatMap((_, i) => [`word ${i + 1}`, metric])]
  const rows = contexts.map(({ index, nearest, median }) => [
    vectorName(index, count),
    String(median),
    ...nearest.flatMap((word) => [writtenWord(word), String(word.value)])
  ])
  return [head, ...rows].map((cells) => cells.join('\t')).join('\n')
}
