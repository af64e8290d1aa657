import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { requireSpace } from './require-space.ts'

test('more than is free is refused, for a folder that does not exist yet too', () => {
  const folder = join(tempDir(), 'models/checkpoints')
  const { ctx } = createTestCtx({ skipSpaceCheck: false })
  requireSpace(ctx, folder, 1)
  expect(() => requireSpace(ctx, folder, 2 ** 60)).toThrow(
    expect.objectContaining({ code: 'DISK_FULL' }),
  )
  requireSpace(createTestCtx({ skipSpaceCheck: true }).ctx, folder, 2 ** 60)
})
