// What is wrong with an answer, as one word; nothing where the contract is kept. Only what
// fixtures/contract/openapi.yaml promises: pages may be short, other people's products are there.

export function itemsOf(answer) {
  return answer.json().items;
}

// The answer is the product with this id and sku.
export const isProduct = (id, sku) => (answer) => {
  const product = answer.json();
  return product.product_id === id && product.sku === sku ? '' : 'another_product';
};

// A product was made with this sku.
export const isMade = (sku) => (answer) => {
  const product = answer.json();
  if (typeof product.product_id !== 'string' || !product.product_id) {
    return 'no_product_id';
  }
  return product.sku === sku ? '' : 'another_product';
};

function page(answer, limit, belongs) {
  const body = answer.json();
  if (!Array.isArray(body.items) || body.next_cursor === undefined) {
    return 'no_page';
  }
  if (body.items.length > limit) {
    return 'page_too_long';
  }
  return body.items.every(belongs) ? '' : 'outside_the_filter';
}

const within = (category) => (item) =>
  item.category === category || item.category.startsWith(`${category}/`);

// The first page of a category that has more products than a page holds.
export const isFirstPage = (category, limit) => (answer) =>
  page(answer, limit, within(category)) ||
  (typeof answer.json().next_cursor === 'string' ? '' : 'list_ends_too_early');

// A page after one that had the products `before`: none comes twice.
export const isNextPage = (category, limit, before) => (answer) =>
  page(answer, limit, within(category)) ||
  (itemsOf(answer).some((item) => before.includes(item.product_id)) ? 'product_twice' : '');

// Every price lies between the two, both included.
export const isPriced = (low, high, limit) => (answer) =>
  page(answer, limit, (item) => item.price >= low && item.price <= high);

// Every product has the text in its name or its description.
export const holdsText = (q, limit) => (answer) =>
  page(answer, limit, (item) => `${item.name}\n${item.description}`.toLowerCase().includes(q));

// An order of these lines stands.
export const isOrder = (lines) => (answer) => {
  const order = answer.json();
  if (!order.order_id || order.status !== 'confirmed' || !Array.isArray(order.lines)) {
    return 'no_order';
  }
  const there = (line) =>
    order.lines.some((one) => one.product_id === line.product_id && one.quantity === line.quantity);
  return lines.every(there) ? '' : 'another_order';
};

// The bytes of an image of this type and size.
export const isImage = (type, size) => (answer) => {
  const kind = (answer.headers['Content-Type'] || '').split(';')[0].trim();
  if (kind !== type) {
    return 'another_type';
  }
  if (!answer.body || answer.body.byteLength !== size) {
    return 'another_size';
  }
  return cacheMark(answer) ? '' : 'no_cache_mark';
};

// "hit" or "miss", as the images host says; nothing where it does not.
export function cacheMark(answer) {
  const said = answer.headers['X-Cache'] || '';
  if (/^(Refresh)?Hit/.test(said)) {
    return 'hit';
  }
  return said.startsWith('Miss') ? 'miss' : '';
}
