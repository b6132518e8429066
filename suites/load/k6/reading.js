// The operations that read.
import { ask } from './asking.js';
import {
  cacheMark,
  holdsText,
  isFirstPage,
  isImage,
  isNextPage,
  isPriced,
  isProduct,
} from './answers.js';
import { categories, images, limit, prices, products, words } from './data.js';
import { chosen } from './deck.js';

const read = (name, host = 'api') => ({ name, kind: 'read', host });
const GET_PRODUCT = read('get_product');
const LIST_BY_CATEGORY = read('list_by_category');
const LIST_PAGE_2 = read('list_page_2');
const LIST_BY_PRICE = read('list_by_price');
const SEARCH = read('search');
const GET_IMAGE = read('get_image', 'images');

export function getProduct(number) {
  const { id, sku } = chosen(products, number, 1);
  ask(GET_PRODUCT, 'GET', `/products/${encodeURIComponent(id)}`, {
    role: 'reader',
    expected: 200,
    judge: isProduct(id, sku),
  });
}

function list(operation, query, judge) {
  const text = Object.entries({ ...query, limit })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return ask(operation, 'GET', `/products?${text}`, { role: 'reader', expected: 200, judge });
}

export function listByCategory(number) {
  const { path } = chosen(categories, number, 2);
  const answer = list(LIST_BY_CATEGORY, { category: path }, isFirstPage(path, limit));
  return { category: path, page: answer && answer.json() };
}

export function listTwoPages(number) {
  const { category, page } = listByCategory(number);
  if (page) {
    const before = page.items.map((item) => item.product_id);
    const query = { category, cursor: page.next_cursor };
    list(LIST_PAGE_2, query, isNextPage(category, limit, before));
  }
}

export function listByPrice(number) {
  const { low, high } = chosen(prices, number, 3);
  list(LIST_BY_PRICE, { min_price: low, max_price: high }, isPriced(low, high, limit));
}

export function search(number) {
  const { q, category } = chosen(words, number, 4);
  list(SEARCH, { q, category }, holdsText(q, limit));
}

export function getImage(number) {
  const { path, type, size } = chosen(images, number, 5);
  ask(GET_IMAGE, 'GET', path, {
    responseType: 'binary',
    expected: 200,
    judge: isImage(type, size),
    mark: cacheMark,
  });
}
