// Moves the prevalence of "another place" and counts its thousand people anew, for each label that has one.
for (const place of document.querySelectorAll('[data-sensitivity]')) {
const slider = place.querySelector('input')
const sensitivity = Number(place.dataset.sensitivity)
const specificity = Number(place.dataset.specificity)

const whole = number => Math.floor(number + .5)
const percent = share => isNaN(share) ? '–' : (100 * share).toFixed(1)

const show = (name, text) => {
  for (const element of place.querySelectorAll(`[data-count=${name}]`)) element.textContent = text
}

const count = prevalence => {
  const positives = whole(prevalence * 1000)
  const negatives = 1000 - positives
  const tp = whole(sensitivity * positives)
  const tn = whole(specificity * negatives)
  return {tp, fn: positives - tp, fp: negatives - tn, tn}
}

const ppv = prevalence => {
  const found = sensitivity * prevalence
  return found / (found + (1 - specificity) * (1 - prevalence))
}

const npv = prevalence => {
  const cleared = specificity * (1 - prevalence)
  return cleared / (cleared + (1 - sensitivity) * prevalence)
}

const drawMarks = counts => {
  let person = 0
  for (const path of place.querySelectorAll('path[data-shape]')) {
    const end = person + counts[path.getAttribute('class')]
    let line = ''
    for (; person < end; person++) {
      line += `M${person % 40 * 10} ${Math.floor(person / 40) * 10}${path.dataset.shape}`
    }
    path.setAttribute('d', line)
  }
}

const update = () => {
  const prevalence = slider.value / 100
  const counts = count(prevalence)
  const sums = {called_positive: counts.tp + counts.fp, called_negative: counts.tn + counts.fn}
  for (const [name, people] of Object.entries({...counts, ...sums})) show(name, people.toLocaleString('en'))
  show('percent', percent(prevalence))
  show('ppv', percent(ppv(prevalence)))
  show('npv', percent(npv(prevalence)))
  drawMarks(counts)
}

place.querySelector('label').hidden = false
slider.addEventListener('input', update)
}

// A link to a label opens its fold, and paper shows all of them.
const unfold = () => {
  const target = document.getElementById(location.hash.slice(1))
  const fold = target && target.closest('details')
  if (fold) {
    fold.open = true
    target.scrollIntoView()
  }
}
addEventListener('hashchange', unfold)
addEventListener('beforeprint', () => { for (const fold of document.querySelectorAll('details')) fold.open = true })
unfold()
