/** API tokens: made once, kept as hashes in a file that the configuration names. */
export { type Identity, may, mayTouch, type Permission, type Role, roles } from './access.js';
export { type CreateToken, createToken, TokenRefused } from './create.js';
export { type Credentials, FileTokens, type Tokens } from './store.js';
