/** JSON text with the place of every value. The one file that knows the package behind it. */
export {
  findNodeAtLocation,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser'
