import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Whether WebGPU would run on a graphics card or in software, told without starting a driver. Software WebGPU is some
 * ten times slower than the processor itself, so it is never chosen automatically.
 */

export interface AdapterFacts {
  readonly platform: string
  /** VK_DRIVER_FILES and VK_ICD_FILENAMES: the Vulkan drivers that somebody set by hand */
  readonly driverFiles: string
  /** PCI vendors of the kernel's render nodes, '0x10de' */
  readonly renderVendors: readonly string[]
}

const CARD_VENDORS: Readonly<Record<string, string>> = {
  '0x10de': 'NVIDIA',
  '0x1002': 'AMD',
  '0x8086': 'Intel'
}
const SOFTWARE_DRIVERS = /swiftshader|lvp_|lavapipe|llvmpipe/i

/** `reason` says why not, '' where it is likely. */
export function likelyAdapter({ platform, driverFiles, renderVendors }: AdapterFacts): {
  likely: boolean
  reason: string
} {
  if (SOFTWARE_DRIVERS.test(driverFiles)) {
    return { likely: false, reason: 'the Vulkan driver that is set runs in software, slower than the processor' }
  }
  // Metal and Direct3D come with a card's driver on every machine that has a screen
  if (platform !== 'linux') return { likely: true, reason: '' }
  if (renderVendors.some((vendor) => vendor in CARD_VENDORS)) return { likely: true, reason: '' }
  return { likely: false, reason: 'no graphics card found, and in software it is slower than the processor' }
}

const DRM_FOLDER = '/sys/class/drm'

export function readAdapterFacts(): AdapterFacts {
  const { VK_DRIVER_FILES = '', VK_ICD_FILENAMES = '' } = process.env
  return {
    platform: process.platform,
    driverFiles: `${VK_DRIVER_FILES} ${VK_ICD_FILENAMES}`,
    renderVendors: process.platform === 'linux' ? renderVendors() : []
  }
}

function renderVendors(): string[] {
  try {
    const nodes = readdirSync(DRM_FOLDER).filter((name) => name.startsWith('renderD'))
    return nodes.map((node) => readFileSync(join(DRM_FOLDER, node, 'device', 'vendor'), 'utf8').trim())
  } catch {
    // no such folder in containers, no vendor for cards that are not on a bus
    return []
  }
}
