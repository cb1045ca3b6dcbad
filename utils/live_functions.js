// Functions that Math lacks, to 12 digits. `figures.live` inlines this file with a figure that needs one of them.

// erf(x) = 2x/sqrt(pi) exp(-x^2) (1 + 2x^2/3 + (2x^2)^2/(3*5) + ...): all terms are positive, so nothing cancels.
function erf(x) {
  if (Number.isNaN(x)) return NaN;
  if (Math.abs(x) > 6) return Math.sign(x); // short of 1 by 2e-17
  let sum = 1;
  for (let k = 1, term = 1; term > 1e-17 * sum; k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return ((2 * x) / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

// The three below: Stirling's series, first coefficient first, from 10 up, where its rest is below 1e-16;
// recurrence from there down, reflection to the left of 1/2.
function stirling(x, coefficients) {
  return coefficients.reduceRight((sum, c) => sum / (x * x) + c, 0);
}

// sin(pi x) and cos(pi x) by the distance from the nearest integer, which is exact
function turn(x) {
  const near = Math.round(x), sign = near % 2 === 0 ? 1 : -1;
  return [sign * Math.sin(Math.PI * (x - near)), sign * Math.cos(Math.PI * (x - near))];
}

// For x > 0 only: elsewhere the logarithm of gamma is not real.
function logGamma(x) {
  if (!(x > 0)) return NaN;
  if (x === Infinity) return Infinity;
  let product = 1;
  for (; x < 10; x++) product *= x;
  const series = stirling(x, [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156]) / x;
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series - Math.log(product);
}

function gamma(x) {
  if (x < 0.5) return x === Math.floor(x) ? NaN : Math.PI / (turn(x)[0] * gamma(1 - x));
  let product = 1;
  for (; x > 2 && x < 24; x--) product *= x - 1;
  return product * Math.exp(logGamma(x));
}

function digamma(x) {
  if (x < 0.5) {
    const [sine, cosine] = turn(x);
    return sine === 0 ? NaN : digamma(1 - x) - (Math.PI * cosine) / sine;
  }
  let sum = 0;
  for (; x < 10; x++) sum -= 1 / x;
  const series = stirling(x, [-1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760, -1 / 12]) / (x * x);
  return sum + Math.log(x) - 0.5 / x + series;
}

function trigamma(x) {
  if (x < 0.5) {
    const [sine] = turn(x);
    return sine === 0 ? NaN : (Math.PI / sine) ** 2 - trigamma(1 - x);
  }
  let sum = 0;
  for (; x < 10; x++) sum += 1 / (x * x);
  const series = stirling(x, [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6]) / (x * x * x);
  return sum + 1 / x + 0.5 / (x * x) + series;
}
