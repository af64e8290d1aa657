import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { launchChromium } from '../../helpers/chromium.ts'
import { listen } from '../../helpers/listen.ts'
import { whenOver } from '../../helpers/temp.ts'

test('the browser shows a page of a local server', async (ctx) => {
  const browser = await launchChromium(ctx)
  const server = createServer((_, response) => response.end('<title>here</title>'))
  whenOver(() => void server.close())
  const port = await listen(server)
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/`)
  expect(await page.title()).toBe('here')
})
