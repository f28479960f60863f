import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { ENGINE_PORT_REPLY, ENGINE_PORT_REQUEST } from '../models/shell'
import { expect, test } from './studio'

/*
 * Electron's security checklist, point by point: https://www.electronjs.org/docs/latest/tutorial/security
 * What a test provokes is reported in the page's console, as it should be.
 */

test.use({ expectedErrors: /Content Security Policy|Failed to load resource|Permissions policy|Not allowed to/i })

const SHELL = [
  'addRecentFile',
  'chooseFiles',
  'classLists',
  'clearRecentFiles',
  'companionsBeside',
  'engineState',
  'kindOfPath',
  'loadWorkspace',
  'onEngineState',
  'onMenuCommand',
  'onOpenPaths',
  'outputMeanings',
  'pathForFile',
  'platform',
  'rasterize',
  'recentFiles',
  'restartEngine',
  'samples',
  'saveExport',
  'saveOutputMeanings',
  'saveWorkspace',
  'setTheme'
]

test('the page is sandboxed, isolated, and has no Node', async ({ studio }) => {
  const preferences: unknown = await studio.app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents
    // Electron's documentation and types leave it out
    return (contents as unknown as { getLastWebPreferences(): unknown }).getLastWebPreferences()
  })
  expect(preferences).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    enableBlinkFeatures: '',
    webviewTag: false
  })
  const reachable = await studio.page.evaluate(() =>
    ['require', 'process', 'module', 'Buffer', 'global', '__dirname', 'electron', 'ipcRenderer'].filter(
      (name) => name in window
    )
  )
  expect(reachable).toEqual([])
})

test('the bridge offers the listed methods and nothing of Electron', async ({ studio }) => {
  const offered = await studio.page.evaluate(() => {
    const shell = Reflect.get(window, 'shell') as Record<string, unknown>
    return Object.entries(shell).map(([name, value]) => [name, typeof value] as const)
  })
  expect(offered.map(([name]) => name).sort()).toEqual(SHELL)
  expect(offered.filter(([, type]) => type !== 'function')).toEqual([['platform', 'string']])
})

test('there is no remote module', async ({ studio }) => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, unknown> }
  expect(Object.keys(lock.packages).filter((name) => name.endsWith('@electron/remote'))).toEqual([])
  expect(await studio.app.evaluate((electron) => 'remote' in electron)).toBe(false)
})

test('the page comes by its own scheme with a strict policy', async ({ studio }) => {
  expect(studio.page.url()).toMatch(/^studio:\/\/app\//)
  const policy = await studio.page.evaluate(async () => {
    const answer = await fetch(location.href)
    return answer.headers.get('Content-Security-Policy') ?? ''
  })
  const directives = new Map(policy.split('; ').map((part) => part.split(/ (.*)/) as [string, string]))
  expect(directives.get('default-src')).toBe("'none'")
  expect(directives.get('script-src')).toBe("'self'")
  expect(directives.get('connect-src')).toBe("'self'")
  expect(directives.get('worker-src')).toBe("'self'")
  expect(directives.get('base-uri')).toBe("'none'")
  expect(directives.get('form-action')).toBe("'none'")
  expect(directives.get('frame-ancestors')).toBe("'none'")
  expect(policy).not.toMatch(/unsafe-eval|https?:|\*/)
})

test('scripts that are not files of the window do not run', async ({ studio }) => {
  const outcome = await studio.page.evaluate(async () => {
    const blocked: string[] = []
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => blocked.push(effectiveDirective))
    const inline = document.createElement('script')
    inline.textContent = 'window.ranInline = true'
    const handler = document.createElement('div')
    handler.setAttribute('onclick', 'window.ranHandler = true')
    const foreign = document.createElement('script')
    foreign.src = 'https://example.com/script.js'
    const embedded = document.createElement('script')
    embedded.src = 'data:text/javascript,window.ranEmbedded = true'
    document.body.append(inline, handler, foreign, embedded)
    handler.click()
    await new Promise((done) => setTimeout(done, 300))
    for (const element of [inline, handler, foreign, embedded]) element.remove()
    return { ran: Object.keys(window).filter((name) => name.startsWith('ran')), blocked: blocked.sort() }
  })
  expect(outcome.ran).toEqual([])
  expect(outcome.blocked).toEqual(['script-src-attr', 'script-src-elem', 'script-src-elem', 'script-src-elem'])
})

test('text is never run as code', async ({ studio }) => {
  const outcome = await studio.page.evaluate(
    () =>
      new Promise<string>((done) =>
        setTimeout(() => {
          try {
            const build: unknown = Reflect.construct(Function, ['return 1'])
            done(`built ${typeof build}`)
          } catch (error) {
            done(error instanceof Error ? error.name : 'something')
          }
        })
      )
  )
  expect(outcome).toBe('EvalError')
})

test('the scheme serves the window’s files and no others', async ({ studio }) => {
  const outside = [
    'studio://app/../package.json',
    'studio://app/..%2f..%2fpackage.json',
    'studio://app/%2e%2e/main/index.js',
    'studio://app/..%5c..%5cpackage.json',
    'studio://app//etc/hostname',
    'studio://other/index.html',
    'file:///etc/hostname',
    `file://${resolve('package.json')}`
  ]
  const answers = await studio.page.evaluate(
    (addresses) =>
      Promise.all(
        addresses.map((address) =>
          fetch(address).then(
            (answer) => answer.ok,
            () => false
          )
        )
      ),
    outside
  )
  expect(answers).toEqual(outside.map(() => false))
  expect(await studio.page.evaluate(() => fetch('studio://app/index.html').then((answer) => answer.ok))).toBe(true)
})

test('nothing goes to a network, not even from a window without the page’s policy', async ({ studio }) => {
  let visits = 0
  const server = createServer((_request, response) => {
    visits++
    response.setHeader('Access-Control-Allow-Origin', '*').end('here')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  try {
    const fetched = await studio.app.evaluate(async ({ BrowserWindow }, url) => {
      const window = new BrowserWindow({ show: false })
      await window.loadURL('data:text/html,<p>another page</p>')
      const script = `fetch(${JSON.stringify(url)}).then(() => 'fetched', () => 'refused')`
      const outcome: unknown = await window.webContents.executeJavaScript(script)
      window.destroy()
      return outcome
    }, address)
    expect(fetched).toBe('refused')
    const own = await studio.page.evaluate(
      (url) =>
        fetch(url).then(
          () => 'fetched',
          () => 'refused'
        ),
      address
    )
    expect(own).toBe('refused')
    expect(visits).toBe(0)
  } finally {
    server.close()
  }
})

test('the page cannot leave', async ({ studio }) => {
  const { page } = studio
  const home = page.url()
  for (const address of ['https://example.com/', 'file:///etc/hostname', 'data:text/html,x', 'studio://other/']) {
    await page.evaluate((target) => location.assign(target), address)
    await page.evaluate((target) => {
      const link = document.createElement('a')
      link.href = target
      document.body.append(link)
      link.click()
      link.remove()
    }, address)
    await page.waitForTimeout(150)
    expect(page.url()).toBe(home)
  }
  expect(await page.evaluate(() => document.readyState)).toBe('complete')
})

test('there are no new windows and no frames of others', async ({ studio }) => {
  const opened = await studio.page.evaluate(() =>
    ['https://example.com/', location.href, 'about:blank'].map((address) => window.open(address) === null)
  )
  expect(opened).toEqual([true, true, true])
  expect(await studio.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)

  const framed = await studio.page.evaluate(async () => {
    const blocked: string[] = []
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => blocked.push(effectiveDirective))
    const frame = document.createElement('iframe')
    frame.src = 'https://example.com/'
    const view = document.createElement('webview')
    view.setAttribute('src', 'https://example.com/')
    document.body.append(frame, view)
    await new Promise((done) => setTimeout(done, 300))
    const isInert = !('getWebContentsId' in view)
    frame.remove()
    view.remove()
    return { blocked, isInert }
  })
  expect(framed).toEqual({ blocked: ['frame-src'], isInert: true })
})

test('every permission is denied but writing text to the clipboard', async ({ studio }) => {
  const outcome = await studio.page.evaluate(async () => {
    const denied = (attempt: Promise<unknown>): Promise<string> =>
      attempt.then(
        () => 'granted',
        () => 'denied'
      )
    return {
      notifications: await Notification.requestPermission(),
      camera: await denied(navigator.mediaDevices.getUserMedia({ video: true })),
      screen: await denied(navigator.mediaDevices.getDisplayMedia()),
      place: await denied(new Promise((done, fail) => navigator.geolocation.getCurrentPosition(done, fail))),
      clipboardReading: await denied(navigator.clipboard.readText())
    }
  })
  expect(outcome).toEqual({
    notifications: 'denied',
    camera: 'denied',
    screen: 'denied',
    place: 'denied',
    clipboardReading: 'denied'
  })
  await studio.page.bringToFront()
  await studio.page.evaluate(() => navigator.clipboard.writeText('+0.243'))
  expect(await studio.app.evaluate(({ clipboard }) => clipboard.readText())).toBe('+0.243')
})

test('another page is refused, even with the same preload', async ({ studio }) => {
  const outcome = await studio.app.evaluate(
    async ({ BrowserWindow }, { preload, request, reply }) => {
      const window = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } })
      await window.loadURL('data:text/html,<p>another page</p>')
      const run = (script: string): Promise<unknown> => window.webContents.executeJavaScript(script)
      const calls = await run(
        `Promise.all([shell.recentFiles(), shell.restartEngine(), shell.loadWorkspace()].map((call) => call.then(() => 'answered', (error) => error.message)))`
      )
      const port = await run(
        `new Promise((done) => { addEventListener('message', ({ data }) => data === '${reply}' && done('given')); postMessage('${request}', '*'); setTimeout(() => done('none'), 500) })`
      )
      window.destroy()
      return { calls, port }
    },
    { preload: resolve('out/preload/preload.cjs'), request: ENGINE_PORT_REQUEST, reply: ENGINE_PORT_REPLY }
  )
  const refusal = 'Only the studio’s own page may ask.'
  expect(outcome).toEqual({ calls: [refusal, refusal, refusal], port: 'none' })
})

test('what the page asks of main is checked', async ({ studio }) => {
  const answers = await studio.page.evaluate(async () => {
    const shell = Reflect.get(window, 'shell') as Record<string, (request: unknown) => Promise<unknown>>
    const requests: readonly (readonly [string, unknown])[] = [
      ['kindOfPath', { path: 3 }],
      ['kindOfPath', undefined],
      ['chooseFiles', { kind: 'anything' }],
      ['saveExport', { suggestedName: '../escape', files: [{ extension: 'svg', bytes: new Uint8Array(1) }] }],
      ['saveExport', { suggestedName: 'name', files: [{ extension: '../sh', bytes: new Uint8Array(1) }] }],
      ['saveExport', { suggestedName: 'name', files: [{ extension: 'svg', bytes: 'text' }] }],
      ['saveExport', { suggestedName: 'name', files: [] }],
      ['rasterize', { svg: '<svg xmlns="http://www.w3.org/2000/svg"/>', width: 1e9 }],
      ['setTheme', { theme: 'pink' }],
      ['saveWorkspace', { workspace: 'text' }]
    ]
    return Promise.all(
      requests.map(([method, request]) =>
        shell[method]?.(request).then(
          () => 'answered',
          (error: unknown) => (error instanceof Error ? 'refused' : 'no error')
        )
      )
    )
  })
  expect(answers).toEqual(answers.map(() => 'refused'))
})

test('the engine answers to its listed methods alone', async ({ studio }) => {
  const answers = await studio.page.evaluate(
    async ({ request, reply }) => {
      const port = await new Promise<MessagePort | undefined>((done) => {
        addEventListener('message', ({ data, ports }) => {
          if (data === reply) done(ports[0])
        })
        postMessage(request, '*')
      })
      if (!port) return ['no port']
      const call = (id: number, method: string): Promise<string> =>
        new Promise((done) => {
          port.addEventListener('message', ({ data }) => {
            const answer = data as { id: number; type: string; error?: { message: string } }
            if (answer.id === id) done(answer.error?.message ?? answer.type)
          })
          port.start()
          port.postMessage({ type: 'call', id, method, request: {} })
        })
      const methods = ['status', 'constructor', 'toString', '__proto__', 'hasOwnProperty', 'exit', '']
      return Promise.all(methods.map((method, index) => call(1000 + index, method)))
    },
    { request: ENGINE_PORT_REQUEST, reply: ENGINE_PORT_REPLY }
  )
  expect(answers[0]).toBe('result')
  expect(answers.slice(1)).toEqual(
    ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'exit', ''].map(
      (name) => `There is no method “${name}”.`
    )
  )
})
