import { app, dialog, ipcMain, type BrowserWindow, type IpcMainInvokeEvent } from 'electron'
import { join } from 'node:path'
import * as v from 'valibot'
import type { EngineState, Shell } from '#models/shell'
import { classLists } from './class-lists'
import { companionsBeside } from './companions-beside'
import { exportDestinations, unaskedReplacements, writeExport } from './export-files'
import { CHECKPOINT_ENDINGS, kindOfPath, PICTURE_ENDINGS } from './file-kind'
import { isPageFrame } from './page'
import { rasterizeSvg } from './raster'
import { sampleFiles } from './samples'
import { callChannel, SHELL_CALLS, type ShellCall, type ShellReply } from './shell-calls'
import { setTheme } from './window'
import { Hash, OutputMeanings, type Workspace } from './workspace'

/* Main's side of Shell: what the page may ask for, checked for who asks and what is asked. */

const Path = v.pipe(v.string(), v.nonEmpty(), v.maxLength(32_767))
const Bytes = v.custom<Uint8Array<ArrayBuffer>>((value) => value instanceof Uint8Array)
const Nothing = v.undefined()

/** What each call carries. */
const REQUESTS = {
  samples: Nothing,
  chooseFiles: v.object({ kind: v.picklist(['checkpoint', 'picture', 'labels']) }),
  kindOfPath: v.object({ path: Path }),
  companionsBeside: v.object({ path: Path }),
  classLists: Nothing,
  saveExport: v.object({
    // a name, not a way out of the chosen folder
    suggestedName: v.pipe(v.string(), v.regex(/^[^/\\\0]{1,200}$/)),
    files: v.pipe(
      v.array(v.object({ extension: v.pipe(v.string(), v.regex(/^[a-z0-9]{1,8}$/)), bytes: Bytes })),
      v.minLength(1),
      v.maxLength(8)
    )
  }),
  rasterize: v.object({ svg: v.pipe(v.string(), v.maxLength(256 << 20)), width: v.number() }),
  recentFiles: Nothing,
  addRecentFile: v.object({ path: Path, kind: v.picklist(['checkpoint', 'picture']) }),
  clearRecentFiles: Nothing,
  outputMeanings: v.object({ hash: Hash }),
  saveOutputMeanings: v.object({ hash: Hash, meanings: OutputMeanings }),
  loadWorkspace: Nothing,
  saveWorkspace: v.object({ workspace: v.record(v.string(), v.unknown()) }),
  setTheme: v.object({ theme: v.picklist(['light', 'dark', 'system']) }),
  restartEngine: Nothing,
  engineState: Nothing
} satisfies Record<ShellCall, v.GenericSchema>

type Handlers = {
  [M in ShellCall]: (request: v.InferOutput<(typeof REQUESTS)[M]>) => ReturnType<Shell[M]>
}

/** What the calls work on. */
export interface ShellParts {
  readonly window: BrowserWindow
  readonly workspace: Workspace
  readonly engine: { readonly state: EngineState; restart(): void }
  /** the folder that holds samples/, fonts/ and class-lists/ */
  readonly resources: string
}

const FILTERS = {
  checkpoint: { name: 'Checkpoints', extensions: [...CHECKPOINT_ENDINGS] },
  picture: { name: 'Pictures', extensions: [...PICTURE_ENDINGS] },
  labels: { name: 'Label images', extensions: ['png', 'tif', 'tiff'] }
}

function handlersFor({ window, workspace, engine, resources }: ShellParts): Handlers {
  return {
    samples: () => sampleFiles(join(resources, 'samples')),

    async chooseFiles({ kind }) {
      const { filePaths } = await dialog.showOpenDialog(window, {
        properties: ['openFile'],
        filters: [FILTERS[kind], { name: 'All files', extensions: ['*'] }]
      })
      return filePaths
    },

    kindOfPath: ({ path }) => kindOfPath(path),
    companionsBeside: ({ path }) => companionsBeside(path),
    classLists: () => classLists(join(resources, 'class-lists')),

    async saveExport({ suggestedName, files }) {
      const extension = files[0]?.extension ?? ''
      const { filePath } = await dialog.showSaveDialog(window, {
        defaultPath: `${suggestedName}.${extension}`,
        filters: [{ name: extension.toUpperCase(), extensions: [extension] }]
      })
      if (!filePath) return undefined
      const destinations = exportDestinations(filePath, files)
      const replaced = unaskedReplacements(filePath, destinations)
      if (replaced.length > 0) {
        const { response } = await dialog.showMessageBox(window, {
          type: 'question',
          message: `Replace ${replaced.join(', ')}?`,
          detail: 'There is a file of this name in the folder already.',
          buttons: ['Replace', 'Cancel'],
          cancelId: 1
        })
        if (response !== 0) return undefined
      }
      await writeExport(destinations)
      return destinations[0]?.path
    },

    rasterize: ({ svg, width }) => rasterizeSvg(svg, width, join(resources, 'fonts')),

    recentFiles: () => workspace.recentFiles(),
    async addRecentFile(file) {
      await workspace.addRecentFile(file)
      app.addRecentDocument(file.path)
    },
    async clearRecentFiles() {
      await workspace.clearRecentFiles()
      app.clearRecentDocuments()
    },

    outputMeanings: ({ hash }) => workspace.outputMeanings(hash),
    saveOutputMeanings: ({ hash, meanings }) => workspace.saveOutputMeanings(hash, meanings),

    loadWorkspace: () => workspace.document.read(),
    saveWorkspace: (request) => workspace.document.write(request.workspace),
    setTheme: ({ theme }) => setTheme(theme, window, workspace),

    restartEngine: async () => engine.restart(),
    engineState: async () => engine.state
  }
}

/** Answers the page's calls on `parts`, and nobody else's. The return value ends that. */
export function serveShell(parts: ShellParts): () => void {
  const handlers = handlersFor(parts)

  function serveCall<M extends ShellCall>(method: M): void {
    ipcMain.handle(callChannel(method), async (event: IpcMainInvokeEvent, request: unknown): Promise<ShellReply> => {
      if (!isPageFrame(event.senderFrame)) return { error: 'Only the studio’s own page may ask.' }
      const checked = v.safeParse(REQUESTS[method], request)
      if (!checked.success) return { error: `${method} cannot be asked like this: ${v.summarize(checked.issues)}` }
      try {
        return { value: await handlers[method](checked.output as v.InferOutput<(typeof REQUESTS)[M]>) }
      } catch (error) {
        return { error: error instanceof Error ? error.message : String(error) }
      }
    })
  }

  SHELL_CALLS.forEach(serveCall)
  return () => SHELL_CALLS.forEach((method) => ipcMain.removeHandler(callChannel(method)))
}
