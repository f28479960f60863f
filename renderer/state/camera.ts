/** Where a pane looks: the same values show the same part of the picture in panes of any size. */
export interface Camera {
  /** what lies in the middle of the pane, as shares of the picture's width and height */
  readonly centerX: number
  readonly centerY: number
  /** 1: the whole picture fits the pane */
  readonly zoom: number
}

export const FIT: Camera = { centerX: 0.5, centerY: 0.5, zoom: 1 }
