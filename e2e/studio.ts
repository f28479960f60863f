import { test as base, _electron, type ElectronApplication, type Locator, type Page } from '@playwright/test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { electronRuntime } from '../scripts/electron-runtime.mjs'

export { expect } from '@playwright/test'

const PROJECT = resolve('.')

/** So that pictures of the window are the same on every machine. */
const CHROMIUM_ARGUMENTS = [
  '--force-device-scale-factor=1',
  '--force-color-profile=srgb',
  '--font-render-hinting=none',
  '--disable-lcd-text',
  '--lang=en-US'
]

/** A studio that runs, as a person would have it in front of them. */
export class Studio {
  /** what went wrong in the page: uncaught errors, and errors written to its console */
  readonly errors: string[] = []

  private constructor(
    readonly app: ElectronApplication,
    readonly page: Page
  ) {
    page.on('pageerror', (error) => this.errors.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text())
    })
  }

  /** Starts the built app with everything that it keeps in `dataFolder`, and `files` on its command line. */
  static async launch({ dataFolder, files = [] }: { dataFolder: string; files?: readonly string[] }): Promise<Studio> {
    const app = await _electron.launch({
      executablePath: electronRuntime().binary,
      args: [...CHROMIUM_ARGUMENTS, PROJECT, ...files],
      env: { ...process.env, DENSECLIP_STUDIO_DATA: dataFolder }
    })
    return new Studio(app, await app.firstWindow())
  }

  close(): Promise<void> {
    return this.app.close()
  }

  /** Waits until the first map is on screen. */
  async ready(): Promise<void> {
    await this.page.locator('body[data-ready]').waitFor()
  }

  /** Opens files as the system does: by a second start of the app with these on its command line. */
  async openPaths(paths: readonly string[]): Promise<void> {
    await this.app.evaluate(
      ({ app }, [project, ...files]) => app.emit('second-instance', {}, [process.execPath, project, ...files], project),
      [PROJECT, ...paths.map((path) => resolve(path))]
    )
  }

  /** Lets go of files from the system's file manager over a place of the window, its middle where none is given. */
  async drop(
    files: readonly string[],
    { over: target, shift = false }: { over?: Locator; shift?: boolean } = {},
    whileOver: () => Promise<void> = async () => undefined
  ): Promise<void> {
    const client = await this.page.context().newCDPSession(this.page)
    const box = await target?.boundingBox()
    const place = box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : { x: 640, y: 400 }
    const data = { items: [], files: files.map((path) => resolve(path)), dragOperationsMask: 1 }
    const at = { ...place, data, modifiers: shift ? 8 : 0 }
    await client.send('Input.dispatchDragEvent', { type: 'dragEnter', ...at })
    await client.send('Input.dispatchDragEvent', { type: 'dragOver', ...at })
    await whileOver()
    await client.send('Input.dispatchDragEvent', { type: 'drop', ...at })
    await client.detach()
  }

  /** The next file dialogs answer with `paths`; [] is a cancelled dialog. */
  async chooseInDialogs(paths: readonly string[]): Promise<void> {
    await this.app.evaluate(
      ({ dialog }, filePaths) => {
        dialog.showOpenDialog = async () => ({ canceled: filePaths.length === 0, filePaths })
      },
      paths.map((path) => resolve(path))
    )
  }

  /** The next save dialogs answer with `path`, or as cancelled; questions are answered with their first button. */
  async saveInDialogs(path: string | undefined): Promise<void> {
    await this.app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: filePath === undefined, filePath: filePath ?? '' })
      dialog.showMessageBox = async () => ({ response: 0, checkboxChecked: false })
    }, path)
  }

  /** Chooses an item of the application menu by its id. */
  async chooseInMenu(id: string): Promise<void> {
    await this.app.evaluate(({ Menu }, itemId) => Menu.getApplicationMenu()?.getMenuItemById(itemId)?.click(), id)
  }

  /** The engine's process as the system knows it. */
  async engineProcessId(): Promise<number> {
    const pid = await this.app.evaluate(
      ({ app }) => app.getAppMetrics().find(({ name }) => name === 'DenseCLIP Studio engine')?.pid
    )
    if (pid === undefined) throw new Error('there is no engine process')
    return pid
  }
}

interface Fixtures {
  /** a folder of its own for every test */
  readonly dataFolder: string
  /** given on the command line; set with `test.use({ files: [...] })` */
  readonly files: readonly string[]
  /** Errors of the page that a test provokes; any other fails it. Set with `test.use({ expectedErrors: /…/ })`. */
  readonly expectedErrors: RegExp | undefined
  readonly studio: Studio
}

export const test = base.extend<Fixtures>({
  files: [[], { option: true }],
  expectedErrors: [undefined, { option: true }],
  dataFolder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'denseclip-studio-e2e-'))
    await use(folder)
    await rm(folder, { recursive: true, force: true })
  },
  studio: async ({ dataFolder, files, expectedErrors }, use, testInfo) => {
    const studio = await Studio.launch({ dataFolder, files })
    await use(studio)
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('window', { body: await studio.page.screenshot(), contentType: 'image/png' })
    }
    await studio.close()
    const unexpected = studio.errors.filter((error) => !expectedErrors?.test(error))
    if (unexpected.length > 0) throw new Error(`The page reported errors:\n${unexpected.join('\n')}`)
  }
})
