/* What the engine answers about a run and about labels, beside whole tensors (api.ts). */

/** Which answer a label map shows: argmax of a bilinearly resized score map, or of the decoder's logits. */
export type LabelSource = 'score_map' | 'score_map_denoised' | 'score_map_smoothed' | 'seg_logits'

export interface LabelMap {
  readonly width: number
  readonly height: number
  /** class index a pixel, row-major, at the size of the picture */
  readonly labels: Uint16Array<ArrayBuffer>
  /** pixels of each class */
  readonly counts: readonly number[]
}

export interface ClassValue {
  readonly classIndex: number
  /** cosine of z and t′ in the cell; undefined where the model has no score map */
  readonly cosine: number | undefined
  /** decoder's logit at the pixel, bilinear; undefined where not computed or the model has no decoder */
  readonly logit: number | undefined
}

/** What the model says at one pixel of the picture. */
export interface Probe {
  /** cell of the score map (or of z) under the pixel, and the grid it is of */
  readonly row: number
  readonly column: number
  readonly rows: number
  readonly columns: number
  /** window of a sliding run that the cell belongs to (the one whose centre is nearest) */
  readonly window: number
  /** all classes, in class order */
  readonly values: readonly ClassValue[]
  /** best minus second-best */
  readonly cosineMargin: number | undefined
  readonly logitMargin: number | undefined
}

/** The two losses that trained the model, pixel by pixel at the size of the picture; NaN where the label is ignored. */
export interface LossMap {
  readonly width: number
  readonly height: number
  /** cross-entropy in nats */
  readonly values: Float32Array<ArrayBuffer>
  readonly mean: number
}

export interface ScalarMap {
  readonly rows: number
  readonly columns: number
  readonly values: Float32Array<ArrayBuffer>
}

export interface RgbMap {
  readonly rows: number
  readonly columns: number
  /** RGB, 0..255, row-major */
  readonly rgb: Uint8Array<ArrayBuffer>
  /** share of the variance that each of the three components explains, 0..1 */
  readonly explained: readonly [number, number, number]
}

export interface MeanIou {
  /** per class, 0..1; undefined for a class that is in neither the labels nor the answer */
  readonly perClass: readonly (number | undefined)[]
  /** mean over all classes, absent ones counted as 0 (as the sample table does) */
  readonly mean: number
  readonly pixelAccuracy: number
}
