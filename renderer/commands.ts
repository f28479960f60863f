import { FIT } from './plots/camera'
import type { OverlayKind } from './state/choices'
import { comparesWords } from './state/class-lists'
import { hasPlace, openBeside } from './state/side-by-side'
import { openSample } from './state/start.svelte'
import { studioError } from './state/resource.svelte'
import type { Studio } from './state/studio.svelte'
import { views } from './views'
import type { Words } from './words/words'

/*
 * Everything that can be done by name: the palette, the sheet of keys, the keyboard and the application menu are all
 * made from this list. Ids are those of the menu.
 */

export type CommandId = keyof Words['commands']

export interface Command {
  readonly id: CommandId
  readonly group: keyof Words['groups']
  /** 'Mod' is Ctrl, or ⌘ on a Mac; names of keys as in KeyboardEvent.key, letters in capitals */
  readonly keys: readonly string[]
  enabled(studio: Studio): boolean
  run(studio: Studio): void
}

type Group = Command['group']
const always = (): boolean => true
const command = (
  id: CommandId,
  group: Group,
  keys: readonly string[],
  run: (studio: Studio) => void,
  enabled: (studio: Studio) => boolean = always
): Command => ({ id, group, keys, run, enabled })

/** Opens what the user chooses in a dialog of the system. */
export async function chooseAndOpen(studio: Studio, kind: 'checkpoint' | 'picture' | 'labels'): Promise<void> {
  const [path] = await studio.shell.chooseFiles({ kind })
  if (path === undefined) return
  if (kind === 'checkpoint') await studio.opener.openModel({ path })
  else if (kind === 'picture') await studio.opener.openPicture(path)
  else await studio.opener.openLabels(path)
}

/** Opens what the user chooses beside the models that are open. */
export async function chooseAndOpenBeside(studio: Studio): Promise<void> {
  if (!hasPlace(studio)) return
  const [path] = await studio.shell.chooseFiles({ kind: 'checkpoint' })
  if (path !== undefined) await openBeside(studio, { path })
}

/** Opens what the user chooses in the place of a model. */
export async function chooseAndReplace(studio: Studio, index: number): Promise<void> {
  const [path] = await studio.shell.chooseFiles({ kind: 'checkpoint' })
  if (path !== undefined) await studio.opener.openModel({ path }, index)
}

/** Failures of what a command started in the background are told; nobody else waits for them. */
function report(studio: Studio, work: Promise<unknown>): void {
  work.catch((error: unknown) => studio.notices.add('error', studioError(error).message))
}

const show = (id: CommandId, key: string, overlay: OverlayKind, tensor?: string): Command =>
  command(
    id,
    'show',
    [key],
    (studio) => studio.chooseHeatmaps({ overlay }),
    ({ models, labels }) =>
      overlay === 'labels' ? labels.info !== undefined : models.some((slot) => slot.has(tensor ?? 'score_map'))
  )

const isDark = ({ settings }: Studio): boolean =>
  settings.theme === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : settings.theme === 'dark'

export const commands: readonly Command[] = [
  command('open-checkpoint', 'file', ['Mod+O'], (studio) => report(studio, chooseAndOpen(studio, 'checkpoint'))),
  command('open-beside', 'file', ['Shift+Mod+B'], (studio) => report(studio, chooseAndOpenBeside(studio))),
  command('open-picture', 'file', ['Shift+Mod+O'], (studio) => report(studio, chooseAndOpen(studio, 'picture'))),
  command(
    'open-labels',
    'file',
    [],
    (studio) => report(studio, chooseAndOpen(studio, 'labels')),
    ({ picture }) => picture.info !== undefined
  ),
  command('open-sample', 'file', [], (studio) => report(studio, openSample(studio))),
  command(
    'export-pane',
    'file',
    ['Mod+E'],
    (studio) => studio.exporter && report(studio, studio.exporter.exportPane()),
    ({ exporter }) => exporter !== undefined
  ),
  command(
    'export-tensor',
    'file',
    ['Shift+Mod+E'],
    (studio) => (studio.dialog = 'export-tensor'),
    ({ active }) => active?.run !== undefined
  ),
  command('clear-recent', 'file', [], (studio) => report(studio, studio.files.clear())),

  command(
    'undo',
    'edit',
    ['Mod+Z'],
    (studio) => studio.undo(),
    ({ canUndo }) => canUndo
  ),
  command(
    'redo',
    'edit',
    ['Shift+Mod+Z', 'Mod+Y'],
    (studio) => studio.redo(),
    ({ canRedo }) => canRedo
  ),
  command('next-class', 'edit', [']'], (studio) => studio.stepClass(1)),
  command('previous-class', 'edit', ['['], (studio) => studio.stepClass(-1)),
  command(
    'add-class',
    'edit',
    [],
    (studio) => (studio.editedClass = 'new'),
    ({ classModel }) => classModel?.takesNewNames === true
  ),
  command(
    'class-names',
    'edit',
    [],
    (studio) => {
      studio.namedModel = Math.max(
        0,
        studio.models.findIndex((slot) => slot === studio.classModel)
      )
      studio.dialog = 'class-names'
    },
    ({ classModel }) => classModel?.info !== undefined && comparesWords(classModel.info)
  ),
  command(
    'reset-classes',
    'edit',
    [],
    (studio) => studio.resetClasses(),
    ({ classModel }) => classModel?.choice.classes !== undefined
  ),

  ...views.map((view, index) =>
    command(`view-${index + 1}` as CommandId, 'view', [`${index + 1}`], (studio) => studio.change({ view: view.id }))
  ),
  command('fit-picture', 'view', ['0'], (studio) => (studio.camera = FIT)),
  command('toggle-library', 'view', ['Mod+B'], (studio) => studio.togglePanel('library')),
  command('toggle-inspector', 'view', ['Mod+I'], (studio) => studio.togglePanel('inspector')),
  command('toggle-theme', 'view', ['Mod+D'], (studio) => studio.change({ theme: isDark(studio) ? 'light' : 'dark' })),
  command('follow-system-theme', 'view', [], (studio) => studio.change({ theme: 'system' })),
  command('switch-language', 'view', [], (studio) =>
    studio.change({ language: studio.settings.language === 'en' ? 'ko' : 'en' })
  ),

  show('show-score-map', 'S', 'score_map'),
  show('show-score-argmax', 'A', 'score-argmax'),
  show('show-decoder-argmax', 'D', 'decoder-argmax', 'seg_logits'),
  show('show-labels', 'G', 'labels'),
  show('show-similar', 'M', 'similar', 'visual_embedding'),
  show('show-features', 'F', 'feature', 'visual_embedding'),
  command('toggle-cells', 'show', ['C'], (studio) =>
    studio.chooseHeatmaps({ interpolation: studio.heatmaps.interpolation === 'cells' ? 'bilinear' : 'cells' })
  ),
  command('toggle-scale', 'show', ['E'], (studio) =>
    studio.chooseHeatmaps({ scale: studio.heatmaps.scale === 'own' ? 'shared' : 'own' })
  ),
  command(
    'swap-models',
    'show',
    ['X'],
    (studio) => {
      const [first, second, ...others] = studio.choices.models
      if (first && second) studio.choose({ models: [second, first, ...others] })
    },
    ({ models }) => models.length > 1
  ),

  command('run-again', 'engine', ['Mod+R'], (studio) => studio.session.runAgain()),
  command('restart-engine', 'engine', [], (studio) => report(studio, studio.restartEngine())),
  command('clear-model-cache', 'engine', [], (studio) =>
    report(
      studio,
      studio.engine.clearCache({}).then((status) => {
        studio.engineStatus = status
        studio.notices.add('info', studio.words.done.cacheCleared)
      })
    )
  ),

  command('command-palette', 'help', ['Mod+K'], (studio) => (studio.dialog = 'command-palette')),
  command('keyboard-sheet', 'help', ['?'], (studio) => (studio.dialog = 'keyboard-sheet'))
]

/** Runs a command by its id, as the application menu names it; ids that are not here (views to come) do nothing. */
export function runCommand(studio: Studio, id: string): void {
  const found = commands.find((candidate) => candidate.id === id)
  if (found?.enabled(studio)) found.run(studio)
}
