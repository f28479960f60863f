export interface ElectronRuntime {
  /** the folder that holds it, for ELECTRON_OVERRIDE_DIST_PATH */
  readonly folder: string
  readonly binary: string
  readonly version: string
  /** where it was found, in words */
  readonly source: string
}
export function electronRuntime(cache?: string): ElectronRuntime
