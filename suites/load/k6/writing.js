// The operations that write. What is made is deleted, what is sold is put back.
import { ask } from './asking.js';
import { isMade, isOrder, isProduct } from './answers.js';
import { made, products, stock } from './data.js';
import { chosen } from './deck.js';
import { mark } from './settings.js';

const write = (name) => ({ name, kind: 'write', host: 'api' });
const CREATE = write('create_product');
const UPDATE = write('update_product');
const DELETE = write('delete_product');
const ORDER = write('place_order');

const pathOf = (id) => `/products/${encodeURIComponent(id)}`;

export function createAndDelete(number) {
  const sku = `${made.sku}${mark}-${number}`;
  const answer = ask(CREATE, 'POST', '/products', {
    role: 'editor',
    body: { ...made, sku },
    expected: 201,
    judge: isMade(sku),
  });
  if (answer) {
    ask(DELETE, 'DELETE', pathOf(answer.json().product_id), { role: 'admin', expected: 204 });
  }
}

function update({ id, sku }, change) {
  ask(UPDATE, 'PUT', pathOf(id), {
    role: 'editor',
    body: change,
    expected: 200,
    judge: isProduct(id, sku),
  });
}

export function updateProduct(number) {
  const product = chosen(products, number, 6);
  update(product, { description: `${product.text} (${number})` });
}

export function orderAndRestock(number) {
  const product = chosen(products, number, 8);
  const other = chosen(products, number, 9);
  const ids = product.id === other.id ? [product.id] : [product.id, other.id];
  const lines = ids.map((id) => ({ product_id: id, quantity: 1 }));
  const answer = ask(ORDER, 'POST', '/orders', {
    role: 'editor',
    headers: { 'Idempotency-Key': `load-${mark}-${number}` },
    body: { lines },
    expected: 201,
    judge: isOrder(lines),
  });
  if (answer) {
    update(product, { inventory: stock });
  }
}
