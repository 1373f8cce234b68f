// WebGPU in Node: the optional package `webgpu` (Dawn). Enters: the environment. Leaves: a GPU, or null with the
// reasons. Dawn reaches a Linux machine's graphics through Vulkan only. Where no hardware answers, the software driver
// that every Chrome carries (SwiftShader) is put in its place: the Vulkan loader reads VK_DRIVER_FILES whenever an
// instance is created.

import { readdirSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { findSoftwareVulkan } from './softwareVulkan.ts'

/** Dawn's entry to WebGPU, or null, and what was tried, one sentence each. */
export interface Dawn {
  readonly gpu: GPU | null
  readonly notes: readonly string[]
}

// One GPU for the life of the process, on purpose: Dawn aborts the process when the object that `create` returned is
// collected while a device made from it is in use. Holding it does not keep Node from exiting.
let opened: Promise<Dawn> | undefined

/**
 * Loads Dawn and finds an adapter. On Linux, in this order: what `VK_DRIVER_FILES` or `VK_ICD_FILENAMES` name, if the
 * user set them; a hardware driver; the software driver of an installed Chrome. macOS (Metal) and Windows (Direct3D,
 * which has a software adapter of its own) need no search. Never throws.
 */
export function openDawn(): Promise<Dawn> {
  opened ??= open()
  return opened
}

async function open(): Promise<Dawn> {
  const notes: string[] = []
  try {
    if (process.platform === 'linux') loadVulkanLoader()
    const mayReplaceDriver = process.platform === 'linux' && !driverIsChosen()
    // Without a device node there is no hardware. Asking all the same would find Mesa's lavapipe on some systems, of
    // which Dawn refuses the older ones.
    const hardware = !mayReplaceDriver || hasGraphicsDevice()
    if (driverIsChosen()) notes.push('VK_DRIVER_FILES or VK_ICD_FILENAMES is set and names the Vulkan driver.')
    if (!hardware) {
      notes.push('No graphics device was found (/dev/dri/renderD*, /dev/nvidia*, /dev/dxg).')
      useSoftwareVulkan(notes)
    }

    const { create, globals } = await import('webgpu')
    Object.assign(globalThis, globals)
    const gpu = create([])
    if (await hasAdapter(gpu, notes)) return { gpu, notes }
    if (!mayReplaceDriver || !hardware || !useSoftwareVulkan(notes)) return { gpu: null, notes }
    const software = create([])
    return { gpu: (await hasAdapter(software, notes)) ? software : null, notes }
  } catch (error) {
    notes.push(`Dawn cannot be loaded (${firstLine(error)}). Install it with: npm install webgpu`)
    return { gpu: null, notes }
  }
}

async function hasAdapter(gpu: GPU, notes: string[]): Promise<boolean> {
  const adapter = await gpu.requestAdapter()
  notes.push(adapter ? `Dawn offers ${adapter.info.description || adapter.info.vendor}.` : 'Dawn offers no adapter.')
  return adapter !== null
}

function driverIsChosen(): boolean {
  return Boolean(process.env['VK_DRIVER_FILES'] || process.env['VK_ICD_FILENAMES'])
}

/** Whether Linux has a node through which a Vulkan driver would reach hardware: DRM render, NVIDIA's own, or WSL's. */
function hasGraphicsDevice(): boolean {
  const names = (folder: string): string[] => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  }
  return (
    names('/dev/dri').some((name) => /^renderD\d+$/.test(name)) ||
    names('/dev').some((name) => /^(nvidia\d+|dxg)$/.test(name))
  )
}

/** Loads the system's Vulkan loader, or the one beside a Chrome: it serves hardware drivers and software alike. */
function loadVulkanLoader(): void {
  if (loadLibrary('libvulkan.so.1')) return
  const besideChrome = findSoftwareVulkan()
  if (besideChrome) loadLibrary(besideChrome.loader)
}

/** Points the Vulkan loader at Chrome's software driver. */
function useSoftwareVulkan(notes: string[]): boolean {
  const driver = findSoftwareVulkan()
  if (!driver) {
    notes.push('No Chrome with a software Vulkan driver was found. Install one, or set CHROME_PATH to its binary.')
    return false
  }
  process.env['VK_DRIVER_FILES'] = driver.manifest
  process.env['VK_ICD_FILENAMES'] = driver.manifest // the name that loaders before 1.3.207 read
  process.env['XDG_RUNTIME_DIR'] ||= tmpdir() // the loader complains on stderr when it is unset
  notes.push(`The software Vulkan driver ${driver.manifest} is used.`)
  return true
}

/**
 * Loads a shared library for good. Node refuses what is no addon ("did not self-register") after it was loaded, and
 * RTLD_NODELETE keeps it, so that Dawn's own dlopen('libvulkan.so.1') finds it by that name.
 */
function loadLibrary(path: string): boolean {
  const RTLD_NODELETE = 0x1000
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | RTLD_NODELETE)
    return true
  } catch (error) {
    return firstLine(error).includes('self-register')
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
