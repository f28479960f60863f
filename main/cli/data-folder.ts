import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** What Electron calls the app by, hence the name of its folder. */
const PRODUCT_NAME = 'DenseCLIP Studio'

/** Where Electron keeps the data of apps, by its own rules. */
function applicationData(): string {
  if (process.platform === 'win32') return process.env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support')
  return process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config')
}

/** The studio's compiled models: the same folder as the window's, so that neither compiles what the other has. */
export function compiledModelsFolder(): string {
  const chosen = process.env['DENSECLIP_STUDIO_DATA']
  return join(chosen ? resolve(chosen) : join(applicationData(), PRODUCT_NAME), 'compiled-models')
}
