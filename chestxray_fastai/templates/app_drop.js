// Reads dropped files in the browser, and sends their bytes with the event `upload`.
// Gradio gives `element` and `trigger`; the page gives the limits `most` (bytes of one file), `many` (files) and
// `total` (bytes together).
const read = (file, over) => new Promise(done => {
  if (file.folder) return done({name: file.name, folder: true});
  if (over) return done({name: file.name, over});
  if (file.size > most) return done({name: file.name, size: file.size});
  const reader = new FileReader();
  reader.onload = () => done({name: file.name, data: String(reader.result).split(',')[1] || ''});
  reader.onerror = () => done({name: file.name});
  reader.readAsDataURL(file);
});

const send = async list => {
  const files = [...list];
  if (!files.length) return;
  let sum = 0;
  const isOver = file => {
    if (file.size > most) return false;
    sum += file.size;
    return sum > total;
  };
  const whole = await Promise.all(files.slice(0, many).map(file => read(file, isOver(file))));
  const names = files.slice(many).map(file => ({name: file.name}));
  trigger('upload', {files: whole.concat(names)});
};

const fileOf = item => {
  const file = item.getAsFile();
  const entry = item.webkitGetAsEntry?.();
  return file && entry?.isDirectory ? {name: entry.name, size: 0, folder: true} : file;
};

const dropped = transfer => {
  const items = [...transfer.items].filter(item => item.kind === 'file');
  return items.map(fileOf).filter(file => file);
};

const highlight = on => element.querySelector('.cx-drop')?.classList.toggle('cx-over', on);

element.addEventListener('change', event => {
  if (event.target.type !== 'file') return;
  send(event.target.files);
  event.target.value = '';
});

// A drop beside the drop zone counts, too: otherwise the browser would leave the page and open the file.
for (const name of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(name, event => {
    event.preventDefault();
    highlight(name === 'dragover');
    if (name === 'drop' && event.dataTransfer) send(dropped(event.dataTransfer));
  });
}
