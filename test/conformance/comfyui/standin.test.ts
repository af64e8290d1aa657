import { startStandin } from '../../helpers/standin-core.ts'
import { describeContract } from './contract.ts'

describeContract('the stand-in core', startStandin)
