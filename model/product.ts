/** Name and version, as reports and histories carry them. */
export const product = 'nightshift 0.1.0';
