import { expect, test } from 'vitest'
import { launchChromium } from '../helpers/chromium.ts'
import { freePort } from '../helpers/free-port.ts'
import { createWorld } from '../helpers/world.ts'

test('run-ui serves a page that a browser opens, with the nodes of the version', async (ctx) => {
  const browser = await launchChromium(ctx)
  const world = await createWorld()
  world.writeSpec('page', { custom_nodes: [world.pack('good')] })
  await world.json(['realize', 'page'])
  const port = await freePort()
  const ui = world.start(['run-ui', 'page', '--port', String(port)])
  await new Promise<void>((resolve, reject) => {
    ui.child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes(`ComfyUI answers at http://127.0.0.1:${port}`)) resolve()
    })
    void ui.result.then(({ stderr }) => reject(new Error(stderr)))
  })
  const page = await browser.newPage()
  const failures: string[] = []
  page.on('pageerror', (error) => failures.push(error.message))
  page.on('requestfailed', (request) => failures.push(request.url()))
  await page.goto(`http://127.0.0.1:${port}/`)
  await page.getByText('GoodNode').first().waitFor()
  expect(await page.locator('body').innerText()).toContain('stand-in core')
  expect(failures).toEqual([])
  ui.child.kill('SIGINT')
  expect(await ui.result).toMatchObject({ exitCode: 0 })
})
