import { chromium, type Browser } from 'playwright-core'
import type { TestContext } from 'vitest'
import { findProgram } from './find-program.ts'
import { whenOver } from './temp.ts'

/** A headless browser of this machine, closed when the test is over; without one the test is skipped. */
export async function launchChromium(ctx: TestContext): Promise<Browser> {
  const executablePath = findProgram('chromium', 'chromium-browser', 'google-chrome')
  if (executablePath === null) return ctx.skip('chromium is not installed')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  whenOver(() => browser.close())
  return browser
}
