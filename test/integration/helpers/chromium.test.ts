import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { launchChromium } from '../../helpers/chromium.ts'
import { whenOver } from '../../helpers/temp.ts'

test('the browser shows a page of a local server', async (ctx) => {
  const browser = await launchChromium(ctx)
  const server = createServer((_, response) => response.end('<title>here</title>'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  whenOver(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/`)
  expect(await page.title()).toBe('here')
})
