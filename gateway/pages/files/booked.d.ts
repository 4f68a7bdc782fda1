// The types of files/booked.js, which is a copy of the TypeScript client's module.

export * from '../../../clients/typescript/dist/booked.js';
