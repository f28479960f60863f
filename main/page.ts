import { protocol, session, type Session, type WebFrameMain } from 'electron'
import { readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

/*
 * The page comes by a scheme of its own, which serves the built window and nothing else: unlike file:, it has an
 * origin, headers, and no way to the rest of the disk.
 */

const SCHEME = 'studio'
const ROOT = join(import.meta.dirname, '../renderer')
/** Where `npm run dev` serves the window from; undefined in what is built. */
const DEV_SERVER = process.env['ELECTRON_RENDERER_URL']

export const PAGE_URL = DEV_SERVER ?? `${SCHEME}://app/index.html`

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2'
}

// Styles may stand in attributes (positions of plots do); scripts come from files of the window alone.
const POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data: blob:",
  'font-src': "'self' data:",
  'connect-src': DEV_SERVER ? `'self' ${DEV_SERVER.replace(/^http/, 'ws')}` : "'self'",
  'worker-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'"
}
const HEADERS = {
  'Content-Security-Policy': Object.entries(POLICY)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; '),
  'X-Content-Type-Options': 'nosniff'
}

/** Has to be called before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }
  ])
}

async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url)
  // the URL parser has resolved every `..`, encoded ones included; a decoded path is checked once more
  const path = join(ROOT, decodeURIComponent(url.pathname))
  if (request.method !== 'GET' || url.host !== 'app' || !path.startsWith(ROOT + sep)) {
    return new Response(null, { status: 403 })
  }
  try {
    const type = CONTENT_TYPES[extname(path)] ?? 'application/octet-stream'
    return new Response(await readFile(path), { headers: { ...HEADERS, 'Content-Type': type } })
  } catch {
    return new Response(null, { status: 404 })
  }
}

/** True for addresses of the window itself. */
export function isPageUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const page = new URL(PAGE_URL)
  return url.protocol === page.protocol && url.host === page.host
}

/** True for the one frame that may ask anything of main: the top frame of a window that shows the page. */
export function isPageFrame(frame: WebFrameMain | null): boolean {
  return frame !== null && frame.parent === null && isPageUrl(frame.url)
}

/** Whether a request may leave the page: for itself, and for what it made itself. Nothing goes to a network. */
function isAllowedRequest(url: string): boolean {
  if (DEV_SERVER && isPageUrl(url.replace(/^ws/, 'http'))) return true
  return isPageUrl(url) || /^(data|blob|devtools):/.test(url)
}

/** Serves the page, and denies it everything that it has no use for. */
export function guardSession(guarded: Session = session.defaultSession): void {
  guarded.protocol.handle(SCHEME, answer)
  guarded.webRequest.onBeforeRequest((details, callback) => callback({ cancel: !isAllowedRequest(details.url) }))
  if (DEV_SERVER) {
    guarded.webRequest.onHeadersReceived((details, callback) =>
      callback({ responseHeaders: { ...details.responseHeaders, ...HEADERS } })
    )
  }
  // copying a number to the clipboard is the one thing that asks
  const isPermitted = (permission: string, url: string): boolean =>
    permission === 'clipboard-sanitized-write' && isPageUrl(url)
  guarded.setPermissionRequestHandler((_contents, permission, callback, details) =>
    callback(isPermitted(permission, details.requestingUrl))
  )
  guarded.setPermissionCheckHandler((_contents, permission, origin) => isPermitted(permission, origin))
  guarded.setDevicePermissionHandler(() => false)
}
