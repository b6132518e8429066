// The data set: made by the harness before the run, and removed by it afterwards. Read once and
// shared by all virtual users.
import { SharedArray } from 'k6/data';
import { dataFile } from './settings.js';

const part = (name) => new SharedArray(name, () => JSON.parse(open(dataFile))[name]);

export const products = part('products'); // { id, sku, category }
export const categories = part('categories'); // { path, count }
export const prices = part('prices'); // { low, high }
export const words = part('words'); // { q, category }
export const images = part('images'); // { path, type, size }
export const made = part('made')[0]; // the draft of what the workload creates
export const limit = part('limits')[0]; // of one page
export const stock = part('stocks')[0]; // of each product, when there is enough again
