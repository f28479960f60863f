import { describe, expect, test } from 'vitest'
import { readCheckpoint } from './index'
import { memorySource } from './memory-source'

const open = (name: string, content: string | Uint8Array) =>
  readCheckpoint(memorySource(name, new Uint8Array(Buffer.from(content as string, 'latin1'))))

describe('files that are something else', () => {
  test.each<[string, string, RegExp]>([
    ['not-a-model', '', /empty, so the download failed\. Download it again\./],
    ['not-a-model', '\n <!DOCTYPE html><html>', /web page, not a checkpoint: the download failed/],
    ['not-a-model', '<html><body>404', /web page/],
    ['not-a-model', 'version https://git-lfs.github.com/spec/v1\noid sha256:00', /git lfs pull/],
    ['not-a-model', '{"error":"Repository not found"}', /error message of a server/],
    ['not-a-model', '\x89PNG\r\n', /PNG picture/],
    ['not-a-model', 'hello', /no format that is known/],
    ['unsupported', '7z\xbc\xaf\x27\x1c', /7z archive\. Unpack it/],
    ['unsupported', 'Rar!\x1a\x07', /RAR/],
    ['unsupported', '\x1f\x8b\x08', /gzip/],
    ['unsupported', `${'x\0'.padEnd(257, '\0')}ustar\0`, /tar archive/],
    ['unsupported', '\x89HDF\r\n', /HDF5/],
    ['unsupported', 'GGUF\x03', /GGUF/],
    ['truncated', 'PK\x03\x04rest', /zip archive is missing/]
  ])('%s: %j', async (code, content, message) => {
    const error: unknown = await open('x.pth', content).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code, file: 'x.pth' })
    expect(String(error)).toMatch(message)
  })

  test('formats are told by what they hold, whatever the name', async () => {
    const header = '{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
    const file = `${String.fromCharCode(header.length)}\0\0\0\0\0\0\0${header}\x07`
    const checkpoint = await open('model.bin', file)
    expect(checkpoint.format).toBe('safetensors')
    expect((await checkpoint.stateDict.get('w')?.read())?.data).toEqual(Uint8Array.of(7))
    // 0x121708 bytes of header begin as an ONNX model could
    const long = '{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'.padEnd(0x121708)
    const ambiguous = await open('model', `\x08\x17\x12\0\0\0\0\0${long}\x07`)
    expect(ambiguous.format).toBe('safetensors')
  })
})
