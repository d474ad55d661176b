/** That of `package.json`, which no bundle holds; a test keeps them the same. */
export const VERSION = '0.1.0'
