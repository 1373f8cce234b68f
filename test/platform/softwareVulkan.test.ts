import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findSoftwareVulkan } from '../../src/platform/softwareVulkan.ts'
import { setEnvironment, withFolder } from '../data/fixtures.ts'

describe('findSoftwareVulkan', () => {
  test('takes the first folder with a driver, and the Vulkan loader beside it', async () => {
    await withFolder(async (folder) => {
      const chrome = join(folder, 'chrome')
      await mkdir(chrome)
      await writeFile(join(chrome, 'vk_swiftshader_icd.json'), '{}')
      expect(findSoftwareVulkan([join(folder, 'none'), chrome])).toEqual({
        manifest: join(chrome, 'vk_swiftshader_icd.json'),
        loader: join(chrome, 'libvulkan.so.1'),
      })
      expect(findSoftwareVulkan([join(folder, 'none')])).toBeNull()
    })
  })

  test('looks first beside the binary that CHROME_PATH names', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'vk_swiftshader_icd.json'), '{}')
      const restore = setEnvironment({ CHROME_PATH: join(folder, 'chrome') })
      expect(findSoftwareVulkan()?.manifest).toBe(join(folder, 'vk_swiftshader_icd.json'))
      restore()
    })
  })
})
