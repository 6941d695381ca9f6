// Tells which example was clicked, with the event `click`.
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-n]');
  if (button) trigger('click', {n: Number(button.dataset.n)});
});
