/** What the tests of this package look at inside it. Nobody else can import it. */
export { encode, Fields } from './protobuf.js';
