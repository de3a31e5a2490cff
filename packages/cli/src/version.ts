/** The version of this package. All packages have the same; a test compares it with package.json. */
export const VERSION = '0.1.0';
