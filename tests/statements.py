"""Right and wrong statements of the book's field, for testing the zero test of ``utils.prove``.

Every WRONG statement must be refuted; no RIGHT one may be; as many RIGHT ones as possible should be
proved. Each row was compared at random points of its declared domain with mpmath, outside SymPy's own
evaluation. ``hard=True`` marks the right ones for which neither ``simplify(lhs - rhs)`` nor, integrals and
derivatives carried out, ``simplify((lhs - rhs).doit())`` reached 0 (SymPy 1.14, 10 s, two seeds).
"museum: id" names a row of the museum of published errors: the printed formula is in WRONG, the corrected
one in RIGHT. "doubted" marks a correct formula that readers took for an error, "proposed in" what they
proposed instead.
"""

from dataclasses import dataclass

from sympy import (
    Abs,
    Derivative,
    EulerGamma,
    Expr,
    IndexedBase,
    Integer,
    Integral,
    Limit,
    Max,
    Min,
    Mod,
    Ne,
    Piecewise,
    Rational,
    Sum,
    acos,
    asin,
    atan,
    ceiling,
    cos,
    cosh,
    cot,
    digamma,
    erf,
    erfc,
    exp,
    factorial,
    floor,
    gamma,
    log,
    loggamma,
    oo,
    pi,
    polygamma,
    sin,
    sinh,
    sqrt,
    symbols,
    tan,
    tanh,
)


@dataclass(frozen=True)
class Statement:
    name: str
    lhs: Expr
    rhs: Expr
    where: tuple = ()  # relationals that restrict the domain further than the symbols' assumptions
    fault: str = ""  # WRONG only, one of FAULTS
    source: str = ""
    hard: bool = False  # RIGHT only: simplify does not prove it


FAULTS = (
    "sign",
    "factor",
    "exponent",
    "dropped term",
    "swapped symbols",
    "index",
    "bracketing",
    "dropped function",
    "reciprocal",
    "wrong domain",
)

# Symbols. One name has one set of assumptions throughout.
x, y, z, u, w, h, theta, mu, mu_0, mu_1, mu_2 = symbols("x y z u w h theta mu mu_0 mu_1 mu_2", real=True)
m, ybar, ell, delta, e_1, e_2, e_3, s_0 = symbols("m ybar ell delta e_1 e_2 e_3 s_0", real=True)
a_11, a_12, a_21, a_22, f_1, f_2, g_1, g_2 = symbols("a_11 a_12 a_21 a_22 f_1 f_2 g_1 g_2", real=True)
sigma, sigma_1, sigma_2, tau, tau_0, s, v = symbols("sigma sigma_1 sigma_2 tau tau_0 s v", positive=True)
v_1, v_2, a, b, c, d, r, lam, nu, eps = symbols("v_1 v_2 a b c d r lambda nu epsilon", positive=True)
alpha, beta, eta, kappa, omega, C = symbols("alpha beta eta kappa omega C", positive=True)
# probabilities: positive, and below one by a row's `where`
p, q, p_1, p_2 = symbols("p q p_1 p_2", positive=True)
# counts
n, N, k, L, T, B, D, M = symbols("n N k L T B D M", integer=True, positive=True)
stride, width, dilation, red, hop = symbols("stride width dilation red hop", integer=True, positive=True)
i, j, bat, row, col, pad, extra = symbols("i j bat row col pad extra", integer=True, nonnegative=True)
Y = IndexedBase("Y", real=True)
F = IndexedBase("F", real=True)

half = Rational(1, 2)


def normal(t, mean, variance):
    return exp(-((t - mean) ** 2) / (2 * variance)) / sqrt(2 * pi * variance)


def gamma_density(t, shape, rate):
    return rate**shape * t ** (shape - 1) * exp(-rate * t) / gamma(shape)


def Phi(t):
    return (1 + erf(t / sqrt(2))) / 2


def sigmoid(t):
    return 1 / (1 + exp(-t))


def line(f, t):
    return Integral(f, (t, -oo, oo))


def ray(f, t):
    return Integral(f, (t, 0, oo))


def log_normal(t, mean, scale):
    return -log(2 * pi) / 2 - log(scale) - (t - mean) ** 2 / (2 * scale**2)


def kl_normal(m1, s1, m2, s2):
    return log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - half


def kl_normal_integral(m1, s1, m2, s2):
    return line(normal(x, m1, s1**2) * (log_normal(x, m1, s1) - log_normal(x, m2, s2)), x)


def log_beta(t, t1):
    return loggamma(t) + loggamma(t1) - loggamma(t + t1)


def entropy_gamma(shape, rate):
    return shape - log(rate) + loggamma(shape) + (1 - shape) * digamma(shape)


def kl_bernoulli(t, y):
    return t * log(t / y) + (1 - t) * log((1 - t) / (1 - y))


def conv_length(length):
    return floor((length + 2 * pad - dilation * (width - 1) - 1) / stride) + 1


def mu_n(mean):
    return (mean / tau_0**2 + n * ybar / sigma**2) / (1 / tau_0**2 + n / sigma**2)


def mean_of_Y():
    return Sum(Y[i], (i, 1, n)) / n


def softmax_3(t, t1, t2, t3):
    return exp(t) / (exp(t1) + exp(t2) + exp(t3))


def planar(f, g, t1, t2):
    """Determinant of the Jacobian of (t1, t2) -> (f, g)."""
    return Derivative(f, t1) * Derivative(g, t2) - Derivative(f, t2) * Derivative(g, t1)


mu_1_mean = (mu_0 / tau_0**2 + y / sigma**2) / (1 / tau_0**2 + 1 / sigma**2)
tau_1_sq = 1 / (1 / tau_0**2 + 1 / sigma**2)
B_n = sigma**2 / (sigma**2 + n * tau_0**2)
pooled = (x / v_1 + y / v_2) / (1 / v_1 + 1 / v_2)
r_n = sigma**2 / (n * tau_0**2)
likelihood = normal(ybar, theta, sigma**2 / n)
prior = normal(theta, mu_0, tau_0**2)
radius = sqrt(x**2 + y**2)
radial = 1 + beta / (alpha + radius)

# --------------------------------------------------------------------------------------------------
# Right: Bayes and shrinkage
# --------------------------------------------------------------------------------------------------
RIGHT_SHRINKAGE = (
    Statement("posterior-mean-adjust", mu_1_mean, mu_0 + (y - mu_0) * tau_0**2 / (sigma**2 + tau_0**2)),
    Statement("posterior-mean-shrink", mu_1_mean, y - (y - mu_0) * sigma**2 / (sigma**2 + tau_0**2)),
    Statement(
        "posterior-mean-n-by-integral",
        line(theta * likelihood * prior, theta) / line(likelihood * prior, theta),
        mu_n(mu_0),
        source="note 1, corrected",
    ),
    Statement("posterior-mean-n-gain", mu_n(mu_0), B_n * mu_0 + (1 - B_n) * ybar, source="note 1, corrected"),
    Statement(
        "complete-the-square",
        (y - theta) ** 2 / sigma**2 + (theta - mu_0) ** 2 / tau_0**2,
        (theta - mu_1_mean) ** 2 / tau_1_sq + (y - mu_0) ** 2 / (sigma**2 + tau_0**2),
    ),
    Statement(
        "evidence-normal",
        line(normal(y, theta, sigma**2) * prior, theta),
        normal(y, mu_0, sigma**2 + tau_0**2),
        hard=True,
    ),
    Statement(
        "log-evidence",
        log(normal(y, mu_0, sigma**2 + tau_0**2)),
        -log(2 * pi) / 2 - log(sigma**2 + tau_0**2) / 2 - (y - mu_0) ** 2 / (2 * (sigma**2 + tau_0**2)),
    ),
    Statement(
        "posterior-density-is-ratio",
        normal(y, theta, sigma**2) * prior / normal(y, mu_0, sigma**2 + tau_0**2),
        normal(theta, mu_1_mean, tau_1_sq),
        hard=True,
    ),
    Statement(
        "sufficiency-of-the-mean",
        Sum((Y[i] - theta) ** 2, (i, 1, n)),
        Sum((Y[i] - mean_of_Y().subs(i, j)) ** 2, (i, 1, n)) + n * (theta - mean_of_Y()) ** 2,
        hard=True,
    ),
    Statement(
        "sum-of-squared-deviations",
        Sum((Y[i] - mean_of_Y().subs(i, j)) ** 2, (i, 1, n)),
        Sum(Y[i] ** 2, (i, 1, n)) - n * mean_of_Y() ** 2,
        source="museum: gov2002-17",
    ),
    Statement(
        "kl-posterior-to-large-n",
        kl_normal(mu_n(mu_0), sqrt(1 / (1 / tau_0**2 + n / sigma**2)), ybar, sigma / sqrt(n)),
        (log(1 + r_n) - r_n / (1 + r_n) + r_n * ((mu_0 - ybar) / tau_0) ** 2 / (1 + r_n) ** 2) / 2,
    ),
    Statement(
        "mse-threshold",
        B_n**2 * (theta - mu_0) ** 2 + (1 - B_n) ** 2 * sigma**2 / n - sigma**2 / n,
        B_n**2 * ((theta - mu_0) ** 2 - 2 * tau_0**2 - sigma**2 / n),
    ),
    Statement("prior-weight-rate", Limit(n * B_n, n, oo), sigma**2 / tau_0**2),
    Statement(
        "student-t-marginal",
        ray(normal(y, m, v) * b**a * v ** (-a - 1) * exp(-b / v) / gamma(a), v),
        gamma(a + half) / gamma(a) / sqrt(2 * pi * b) * (1 + (y - m) ** 2 / (2 * b)) ** (-a - half),
        hard=True,
    ),
    Statement(
        "beta-binomial-evidence",
        Integral(theta ** (k + a - 1) * (1 - theta) ** (n - k + b - 1), (theta, 0, 1)),
        gamma(a + k) * gamma(b + n - k) / gamma(a + b + n),
        where=(k <= n,),
        hard=True,
    ),
    Statement(
        "gamma-poisson-evidence",
        ray(exp(-x) * x**k / factorial(k) * gamma_density(x, a, b), x),
        gamma(a + k) / (factorial(k) * gamma(a)) * (b / (1 + b)) ** a / (1 + b) ** k,
    ),
    Statement(
        "james-stein-poisson-4",
        Sum(exp(-lam / 2) * (lam / 2) ** i / factorial(i) / (2 + 2 * i), (i, 0, oo)),
        (1 - exp(-lam / 2)) / lam,
    ),
    Statement(
        "james-stein-poisson-6",
        Sum(exp(-lam / 2) * (lam / 2) ** i / factorial(i) / (4 + 2 * i), (i, 0, oo)),
        (lam - 2 + 2 * exp(-lam / 2)) / lam**2,
    ),
    Statement(
        "james-stein-divergence",
        Derivative(a / (a**2 + b**2 + c**2), a)
        + Derivative(b / (a**2 + b**2 + c**2), b)
        + Derivative(c / (a**2 + b**2 + c**2), c),
        1 / (a**2 + b**2 + c**2),
    ),
    Statement(
        "stein-lemma-cube",
        line((x - mu) * x**3 * normal(x, mu, sigma**2), x),
        3 * sigma**2 * (mu**2 + sigma**2),
    ),
    Statement(
        "blr-posterior-variance",
        line(w**2 * exp(-((w * y) ** 2) / (2 * sigma**2)) * normal(w, 0, tau**2), w)
        / line(exp(-((w * y) ** 2) / (2 * sigma**2)) * normal(w, 0, tau**2), w),
        1 / (y**2 / sigma**2 + 1 / tau**2),
        source="museum: eth-notes-3-blr-cov",
    ),
    Statement(
        "ols-slope-variance-root-n",
        n * Sum(sigma**2 * Y[i] ** 2, (i, 1, n)) / Sum(Y[i] ** 2, (i, 1, n)) ** 2,
        sigma**2 / (Sum(Y[i] ** 2, (i, 1, n)) / n),
        source="museum: gov2002-62",
    ),
    Statement(
        "ols-gradient",
        Derivative((a - u * x) ** 2 + (b - w * x) ** 2, x),
        -2 * (u * a + w * b) + 2 * (u**2 + w**2) * x,
        source="museum: gov2002-74",
    ),
    Statement(
        "gamma-variance",
        ray(x**2 * gamma_density(x, a, b), x) - ray(x * gamma_density(x, a, b), x) ** 2,
        a / b**2,
        source="museum: incanter-245",
    ),
    Statement(
        "gamma-normaliser",
        ray(b**a * x ** (a - 1) * exp(-b * x) / gamma(a), x),
        Integer(1),
        source="museum: prml-10.177; PRML eq. 10.177 (errata)",
    ),
    Statement(
        "wishart-dof",
        sqrt(lam) * lam ** ((nu - 2) / 2) * sqrt(lam) ** N,
        sqrt(lam) * lam ** ((nu + N - 2) / 2),
        source="museum: prml-10.63; PRML eq. 10.63 (errata)",
    ),
    Statement(
        "mixture-variance",
        p * (L * v_1 + mu_1**2) + (1 - p) * (L * v_2 + mu_2**2) - (p * mu_1 + (1 - p) * mu_2) ** 2,
        p * L * v_1 + (1 - p) * L * v_2 + p * (1 - p) * (mu_1 - mu_2) ** 2,
        where=(p < 1,),
        source="museum: prml-5.160; PRML eq. 5.160 (errata)",
    ),
    Statement(
        "beta-variance-from-gammas",
        gamma(a + 2) * gamma(a + b) / (gamma(a) * gamma(a + b + 2)) - (a / (a + b)) ** 2,
        a * b / ((a + b) ** 2 * (a + b + 1)),
    ),
    Statement(
        "kl-normal",
        kl_normal_integral(mu_1, sigma_1, mu_2, sigma_2),
        kl_normal(mu_1, sigma_1, mu_2, sigma_2),
        hard=True,
    ),
    Statement(
        "kl-normal-log-scope",
        kl_normal(mu_1, sqrt(v_1), mu_2, sqrt(v_2)),
        (log(v_2 / v_1) - 1 + v_1 / v_2 + (mu_2 - mu_1) ** 2 / v_2) / 2,
        source="museum: udl-C.5.4",
    ),
    Statement(
        "kl-standard-normal-log-deviation",
        kl_normal_integral(mu, exp(ell), 0, 1),
        (exp(2 * ell) + mu**2 - 1 - 2 * ell) / 2,
        source="museum: flux-73, pyg-1368; doubted: vae-tf-3",
    ),
    Statement(
        "kl-standard-normal-log-variance",
        kl_normal_integral(mu, exp(ell / 2), 0, 1),
        -(1 + ell - mu**2 - exp(ell)) / 2,
        source="museum: karen-8; doubted: pytorch-examples-824",
    ),
    Statement(
        "kl-to-standard-normal",
        kl_normal(mu, sigma, 0, 1),
        (sigma**2 + mu**2 - 1 - log(sigma**2)) / 2,
        source="doubted: wiseodd-74",
    ),
    Statement(
        "kl-old-new-log-variances",
        kl_normal(mu_1, exp(e_1 / 2), mu_2, exp(e_2 / 2)),
        (e_2 - e_1 + exp(e_1 - e_2) + (mu_2 - mu_1) ** 2 / exp(e_2) - 1) / 2,
        source="doubted: trpo-25",
    ),
    Statement(
        "kl-exponential",
        ray(lam * exp(-lam * x) * (log(lam) - lam * x - log(nu) + nu * x), x),
        log(lam / nu) + nu / lam - 1,
    ),
    Statement(
        "kl-gamma-from-moments",
        (a * log(b) - loggamma(a) + (a - 1) * (digamma(a) - log(b)) - a)
        - (c * log(d) - loggamma(c) + (c - 1) * (digamma(a) - log(b)) - d * a / b),
        (a - c) * digamma(a) - loggamma(a) + loggamma(c) + c * log(b / d) + a * (d - b) / b,
    ),
    Statement(
        "kl-beta-one-success",
        log_beta(a, b) - log_beta(a + 1, b) + digamma(a + 1) - digamma(a + b + 1),
        log((a + b) / a) + digamma(a) + 1 / a - digamma(a + b) - 1 / (a + b),
        hard=True,
    ),
    Statement(
        "kl-dirichlet-one-count",
        loggamma(a + b + c + 1)
        - loggamma(a + b + c)
        - loggamma(a + 1)
        + loggamma(a)
        + digamma(a + 1)
        - digamma(a + b + c + 1),
        log(1 + (b + c) / a) + digamma(a) - digamma(a + b + c) + (b + c) / (a * (a + b + c)),
        hard=True,
    ),
    Statement("loggamma-two-steps", loggamma(a + 2) - loggamma(a), log(a) + log(a + 1), hard=True),
    Statement(
        "loggamma-duplication",
        loggamma(a) + loggamma(a + half),
        (1 - 2 * a) * log(2) + log(pi) / 2 + loggamma(2 * a),
        hard=True,
    ),
    Statement(
        "digamma-duplication",
        2 * digamma(2 * a),
        digamma(a) + digamma(a + half) + 2 * log(2),
        hard=True,
    ),
    Statement("digamma-recurrence", digamma(a + 2) - digamma(a), 1 / a + 1 / (a + 1), hard=True),
    Statement("digamma-telescopes", digamma(a + n) - digamma(a), Sum(1 / (a + i), (i, 0, n - 1)), hard=True),
    Statement(
        "empirical-bayes-score",
        Derivative(-n * log(2 * pi * v) / 2 - s / (2 * v), v),
        (s - n * v) / (2 * v**2),
    ),
    Statement(
        "partial-pooling-two-schools",
        (x - m) ** 2 / v_1 + (y - m) ** 2 / v_2,
        (1 / v_1 + 1 / v_2) * (m - pooled) ** 2 + (x - y) ** 2 / (v_1 + v_2),
    ),
    Statement(
        "probit-evidence",
        line(Phi(x) * normal(x, mu, sigma**2), x),
        Phi(mu / sqrt(1 + sigma**2)),
        hard=True,
    ),
    Statement("normal-tail", 1 - Phi(x), erfc(x / sqrt(2)) / 2, hard=True),
    Statement("normal-interval", Phi(x) - Phi(-x), 1 - erfc(x / sqrt(2)), hard=True),
    Statement(
        "arcsine-scale",
        2 * asin(sqrt(p)),
        acos(1 - 2 * p),
        where=(p < 1,),
        source="Efron and Morris 1975",
        hard=True,
    ),
    Statement(
        "arcsine-stabilises",
        Derivative(asin(sqrt(p)), p) ** 2 * p * (1 - p),
        Rational(1, 4),
        where=(p < 1,),
    ),
)

# --------------------------------------------------------------------------------------------------
# Right: change of variables and flows
# --------------------------------------------------------------------------------------------------
RIGHT_FLOWS = (
    Statement(
        "lognormal-density",
        Derivative(Phi((log(a) - mu) / sigma), a),
        exp(-((log(a) - mu) ** 2) / (2 * sigma**2)) / (a * sigma * sqrt(2 * pi)),
    ),
    Statement(
        "decreasing-map-density",
        Derivative(1 - Phi(-log(a)), a),
        exp(-(log(a) ** 2) / 2) / (a * sqrt(2 * pi)),
    ),
    Statement(
        "chi-square-two-branches",
        Derivative(Phi(sqrt(a)) - Phi(-sqrt(a)), a),
        gamma_density(a, half, half),
    ),
    Statement(
        "standard-normal-density",
        Derivative(Phi(z), z),
        exp(-(z**2) / 2) / sqrt(2 * pi),
        source="museum: udl-16.27",
    ),
    Statement(
        "linear-map-density",
        line(exp(-(y**2) / (2 * x**2)) / sqrt(2 * pi) / Abs(x), y),
        Integer(1),
        where=(Ne(x, 0),),
        source="museum: mml-6.97",
        hard=True,
    ),
    Statement(
        "linear-map-covariance-determinant",
        sqrt((a_11**2 + a_12**2) * (a_21**2 + a_22**2) - (a_11 * a_21 + a_12 * a_22) ** 2),
        Abs(a_11 * a_22 - a_12 * a_21),
        hard=True,
    ),
    Statement(
        "quadratic-form-gradient",
        Derivative((a_22 * x**2 - (a_12 + a_21) * x * y + a_11 * y**2) / (a_11 * a_22 - a_12 * a_21), x),
        (2 * a_22 * x - (a_12 + a_21) * y) / (a_11 * a_22 - a_12 * a_21),
        where=(Ne(a_11 * a_22 - a_12 * a_21, 0),),
        source="museum: mml-imperial-24c",
    ),
    Statement(
        "inverse-pass-log-determinant",
        log(Derivative(x * exp(h) + mu, x)),
        h,
        source="museum: pytorch-flows-16",
    ),
    Statement(
        "flow-prior-at-the-end",
        line(normal(z, 0, 1) * log_normal(x * z + y, 0, 1), z),
        -log(2 * pi) / 2 - (x**2 + y**2) / 2,
        source="museum: parmesan-21",
    ),
    Statement(
        "planar-flow-slope",
        Derivative(z + u * tanh(w * z + h), z),
        1 + u * w / cosh(w * z + h) ** 2,
        hard=True,
    ),
    Statement(
        "planar-flow-determinant",
        planar(x + u * tanh(x + w * y), y + h * tanh(x + w * y), x, y),
        1 + (u + h * w) * (1 - tanh(x + w * y) ** 2),
    ),
    Statement(
        "radial-flow-determinant",
        planar(x * radial, y * radial, x, y),
        radial * (radial - beta * radius / (alpha + radius) ** 2),
        where=(Ne(x, 0), Ne(y, 0)),
    ),
    Statement("composed-flow", Derivative(exp(sinh(x)), x), cosh(x) * exp(sinh(x))),
    Statement("composed-flow-log", log(cosh(x) * exp(sinh(x))), sinh(x) + log(exp(x) + exp(-x)) - log(2)),
    Statement("coupling-log-determinant", log(exp(e_1) * exp(e_2) / exp(e_3)), e_1 + e_2 - e_3),
    Statement("sigmoid-log-slope", log(sigmoid(x) * (1 - sigmoid(x))), -x - 2 * log(1 + exp(-x)), hard=True),
    Statement("tanh-log-slope", log(1 - tanh(x) ** 2), 2 * (log(2) - x - log(1 + exp(-2 * x))), hard=True),
    Statement("softplus-reflection", log(1 + exp(x)) - log(1 + exp(-x)), x),
    Statement("softmax-jacobian-determinant", p * (1 - p) * q * (1 - q) - p**2 * q**2, p * q * (1 - p - q)),
    Statement("logistic-density", exp(-x) / (1 + exp(-x)) ** 2, 1 / (4 * cosh(x / 2) ** 2), hard=True),
    Statement("logistic-log-density", log(Derivative(sigmoid(x), x)), x - 2 * log(1 + exp(x))),
    Statement("gumbel-mean", line(x * exp(-x - exp(-x)), x), EulerGamma, hard=True),
    Statement(
        "box-muller-jacobian",
        planar(sqrt(-2 * log(p)) * cos(2 * pi * w), sqrt(-2 * log(p)) * sin(2 * pi * w), p, w),
        -2 * pi / p,
        where=(p < 1,),
    ),
    Statement("cauchy-ratio", line(Abs(z) * normal(u * z, 0, 1) * normal(z, 0, 1), z), 1 / (pi * (1 + u**2))),
    Statement("cauchy-quantile", tan(pi * (p - half)), -cot(pi * p), where=(p < 1,)),
    Statement("cauchy-two-tails", atan(a) + atan(1 / a), pi / 2, hard=True),
    Statement(
        "sum-of-exponentials",
        Integral(lam**2 * exp(-lam * x) * exp(-lam * (a - x)), (x, 0, a)),
        lam**2 * a * exp(-lam * a),
    ),
    Statement("trace-exponential", (exp(x) * cosh(y)) ** 2 - (exp(x) * sinh(y)) ** 2, exp(2 * x)),
    Statement("half-angle-stereographic", acos((1 - a**2) / (1 + a**2)), 2 * atan(a), hard=True),
    Statement("double-angle-arctangent", 2 * atan(x), atan(2 * x / (1 - x**2)), where=(x**2 < 1,), hard=True),
    Statement("double-angle-arccosine", 2 * acos(p), acos(2 * p**2 - 1), where=(p < 1,), hard=True),
    Statement("arccosine-reflection", acos(-x), pi - acos(x), where=(x**2 < 1,), hard=True),
    Statement("volume-change-log", log(Abs(x) ** 3), 3 * log(x**2) / 2, where=(Ne(x, 0),), hard=True),
    Statement("arsinh-flow", log(x + sqrt(1 + x**2)), -log(sqrt(1 + x**2) - x), hard=True),
)

# --------------------------------------------------------------------------------------------------
# Right: gradients of expectations
# --------------------------------------------------------------------------------------------------
score = (z - mu) / sigma**2
psi_1, psi_2 = polygamma(1, alpha), polygamma(2, alpha)
RIGHT_GRADIENTS = (
    Statement("score-has-mean-zero", line(normal(z, mu, sigma**2) * score, z), Integer(0)),
    Statement("score-identity-square", line(z**2 * normal(z, mu, sigma**2) * score, z), 2 * mu),
    Statement(
        "score-variance-square",
        line((z**2 * score) ** 2 * normal(z, mu, sigma**2), z) - (2 * mu) ** 2,
        (mu**4 + 14 * mu**2 * sigma**2 + 15 * sigma**4) / sigma**2,
    ),
    Statement(
        "control-variate-minimum",
        v_1 + 2 * (-w / v_2) * w + (w / v_2) ** 2 * v_2,
        v_1 * (1 - (w / sqrt(v_1 * v_2)) ** 2),
    ),
    Statement(
        "characteristic-cosine",
        line(cos(w * z) * normal(z, mu, sigma**2), z),
        exp(-(w**2) * sigma**2 / 2) * cos(w * mu),
        hard=True,
    ),
    Statement(
        "cosine-square-mean",
        (1 + cos(2 * x)) / 2 - (exp(-a) * cos(x)) ** 2,
        cos(x) ** 2 * (1 - exp(-2 * a)),
    ),
    Statement(
        "elbo-gap-is-kl",
        -log(4 * pi) / 2
        - x**2 / 4
        - (-log(2 * pi) - (m**2 + s**2) / 2 - ((x - m) ** 2 + s**2) / 2 + log(2 * pi * s**2) / 2 + half),
        kl_normal(m, s, x / 2, 1 / sqrt(2)),
    ),
    Statement("gamma-mean-log", ray(log(x) * gamma_density(x, a, b), x), digamma(a) - log(b)),
    Statement(
        "gamma-entropy-step",
        entropy_gamma(a + 1, b) - entropy_gamma(a, b),
        log(a) - digamma(a),
        hard=True,
    ),
    Statement("trigamma-recurrence", polygamma(1, a + 1), polygamma(1, a) - 1 / a**2, hard=True),
    Statement("digamma-reflection", digamma(1 - p) - digamma(p), pi * cot(pi * p), where=(p < 1,), hard=True),
    Statement(
        "g-rep-gamma-correction",
        Derivative(a * ((log(b * a) - digamma(alpha)) * psi_2 + 2 * psi_1**2) / (2 * psi_1), a),
        (log(a) + log(b) + 1 - digamma(alpha)) * psi_2 / (2 * psi_1) + psi_1,
    ),
    Statement(
        "implicit-exponential",
        -Derivative(1 - exp(-beta * a), beta) / (beta * exp(-beta * a)),
        -a / beta,
    ),
    Statement(
        "implicit-normal-scale",
        -Derivative(Phi((z - mu) / sigma), sigma) / normal(z, mu, sigma**2),
        (z - mu) / sigma,
    ),
    Statement("price-heat-equation", Derivative(normal(z, mu, v), v), Derivative(normal(z, mu, v), z, 2) / 2),
    Statement(
        "heaviside-gradient",
        Derivative(Phi(mu / sigma), mu),
        exp(-(mu**2) / (2 * sigma**2)) / (sigma * sqrt(2 * pi)),
    ),
    Statement("moving-support", Derivative(Integral(x / a, (x, 0, a)), a), half),
    Statement("moving-support-score", Integral(x * (-1 / a**2), (x, 0, a)), -half),
    Statement(
        "continuity-exponential",
        Derivative(beta * exp(-beta * a), beta) + Derivative(beta * exp(-beta * a) * (-a / beta), a),
        Integer(0),
    ),
    Statement(
        "score-variance-dimension",
        8 * gamma(D / 2 + 3) / (D * gamma(D / 2)),
        (D + 2) * (D + 4),
    ),
    Statement("dropout-variance", (1 - p) * (x / (1 - p)) ** 2 - x**2, x**2 * p / (1 - p), where=(p < 1,)),
    Statement(
        "gumbel-softmax-shift",
        exp((x + w) / tau) / (exp((x + w) / tau) + exp((y + w) / tau)),
        1 / (1 + exp((y - x) / tau)),
        source="doubted: gumbel-3",
    ),
    Statement(
        "gae-weights",
        Sum((1 - p) * p ** (i - 1), (i, 1, n)),
        1 - p**n,
        where=(p < 1,),
        source="museum: labml-255",
    ),
    Statement(
        "gae-constant-residual",
        Sum((1 - p) * p ** (i - 1) * (1 - q**i) / (1 - q), (i, 1, oo)),
        1 / (1 - p * q),
        where=(p < 1, q < 1),
        source="museum: labml-255",
        hard=True,
    ),
    Statement(
        "diffusion-two-steps",
        sqrt(p_2 * (1 - p_1) + (1 - p_2)),
        sqrt(1 - p_1 * p_2),
        where=(p_1 < 1, p_2 < 1),
        source="museum: labml-152",
    ),
    Statement(
        "adjoint-linear-decay",
        Derivative(Integral(exp(-2 * a * x), (x, 0, b)), a),
        Integral(-exp(-a * x) * (exp(-a * x) - exp(-2 * a * b + a * x)) / a, (x, 0, b)),
        source="after museum: sciml-197",
    ),
    Statement(
        "quadratic-gradient-half",
        Derivative((a * x**2 + 2 * w * x * y + b * y**2) / 2 - u * x - h * y, x),
        a * x + w * y - u,
        source="doubted: mml-613",
    ),
    Statement(
        "quadratic-gradient-whole",
        Derivative(a * x**2 + 2 * w * x * y + b * y**2 - u * x - h * y, x),
        2 * (a * x + w * y) - u,
        source="museum: mml-7.8",
    ),
    Statement("decay-power", exp(-C * a), (cosh(a) - sinh(a)) ** C, source="museum: mlrefined-p145"),
    Statement("folded-normal-mean", line(Abs(x) * normal(x, 0, sigma**2), x), sigma * sqrt(2 / pi)),
    Statement(
        "relu-mean",
        ray(x * normal(x, mu, sigma**2), x),
        mu * Phi(mu / sigma) + sigma * exp(-(mu**2) / (2 * sigma**2)) / sqrt(2 * pi),
        hard=True,
    ),
    Statement("lognormal-mean", line(exp(mu + sigma * z) * normal(z, 0, 1), z), exp(mu + sigma**2 / 2)),
)

# --------------------------------------------------------------------------------------------------
# Right: transport, WGAN, WAE, MMD
# --------------------------------------------------------------------------------------------------
RIGHT_TRANSPORT = (
    Statement(
        "wasserstein-2-normals",
        line((mu_1 - mu_2 + (sigma_1 - sigma_2) * z) ** 2 * normal(z, 0, 1), z),
        (mu_1 - mu_2) ** 2 + (sigma_1 - sigma_2) ** 2,
    ),
    Statement(
        "wasserstein-2-exponentials",
        Integral((1 / lam - 1 / nu) ** 2 * log(1 - x) ** 2, (x, 0, 1)),
        2 * (1 / lam - 1 / nu) ** 2,
    ),
    Statement(
        "wasserstein-1-moving-uniform",
        Integral(Abs(theta + x), (x, 0, 1)),
        Piecewise((theta + half, theta >= 0), (-theta - half, theta <= -1), (theta**2 + theta + half, True)),
        hard=True,
    ),
    Statement(
        "bures-trace-of-root",
        sqrt((a + sqrt(a**2 - 4 * b)) / 2) + sqrt((a - sqrt(a**2 - 4 * b)) / 2),
        sqrt(a + 2 * sqrt(b)),
        where=(a**2 > 4 * b,),
        hard=True,
    ),
    Statement("nested-radical-sum", sqrt(a + b + 2 * sqrt(a * b)), sqrt(a) + sqrt(b), hard=True),
    Statement("nested-radical-difference", sqrt(a + b - 2 * sqrt(a * b)), Abs(sqrt(a) - sqrt(b)), hard=True),
    Statement("nested-radical-rationals", sqrt(5 + 2 * sqrt(6)) * x, (sqrt(2) + sqrt(3)) * x, hard=True),
    Statement("hilbert-contraction", (sqrt(eta) - 1) / (sqrt(eta) + 1), tanh(log(eta) / 4), hard=True),
    Statement("sinkhorn-two-points", 1 / (2 * (1 + exp(-1 / eps))), (1 + tanh(1 / (2 * eps))) / 4, hard=True),
    Statement("sinkhorn-two-points-large", Limit(1 / (2 * (1 + exp(-a / eps))), eps, oo), Rational(1, 4)),
    Statement(
        "soft-minimum",
        eps * log(exp(x / eps) + exp(y / eps)),
        Max(x, y) + eps * log(1 + exp(-Abs(x - y) / eps)),
        hard=True,
    ),
    Statement(
        "soft-minimum-duality",
        -eps * log(exp(-x / eps) + exp(-y / eps)),
        x + y - eps * log(exp(x / eps) + exp(y / eps)),
    ),
    Statement("maximum-by-distance", Max(x, y), (x + y + Abs(x - y)) / 2, hard=True),
    Statement("maximum-minus-minimum", Max(x, y) - Min(x, y), Abs(x - y), hard=True),
    Statement("positive-part", Max(x, 0), (x + Abs(x)) / 2, hard=True),
    Statement(
        "gradient-penalty-overshoot",
        (delta * u - lam * (u - 1) ** 2).subs(u, 1 + delta / (2 * lam)),
        delta + delta**2 / (4 * lam),
    ),
    Statement(
        "lagrange-identity",
        (f_1**2 + f_2**2) * (g_1**2 + g_2**2) - (f_1 * g_1 + f_2 * g_2) ** 2,
        (f_1 * g_2 - f_2 * g_1) ** 2,
    ),
    Statement(
        "wae-penalised-gap",
        (1 - b) ** 2 - ((1 - a * b) ** 2 + lam * (1 - a) ** 2).subs(a, (b + lam) / (b**2 + lam)),
        b**2 * (1 - b) ** 2 / (b**2 + lam),
    ),
    Statement(
        "aggregate-kl-and-information",
        (kl_bernoulli(p_1, q) + kl_bernoulli(p_2, q)) / 2,
        kl_bernoulli((p_1 + p_2) / 2, q)
        + (kl_bernoulli(p_1, (p_1 + p_2) / 2) + kl_bernoulli(p_2, (p_1 + p_2) / 2)) / 2,
        where=(p_1 < 1, p_2 < 1, q < 1),
        hard=True,
    ),
    Statement(
        "discrete-kl",
        kl_bernoulli(p, q),
        p * log(p) - p * log(q) + (1 - p) * log(1 - p) - (1 - p) * log(1 - q),
        where=(p < 1, q < 1),
        source="museum: raschka-626",
        hard=True,
    ),
    Statement(
        "cross-entropy",
        -p * log(q) - (1 - p) * log(1 - q),
        kl_bernoulli(p, q) - p * log(p) - (1 - p) * log(1 - p),
        where=(p < 1, q < 1),
        source="museum: chainer-13",
        hard=True,
    ),
    Statement(
        "logit-of-entropy",
        Derivative(-p * log(p) - (1 - p) * log(1 - p), p),
        log((1 - p) / p),
        where=(p < 1,),
    ),
    Statement(
        "mmd-kernel-mean",
        line(exp(-(x**2) / (2 * ell**2)) * normal(x, m, s**2), x),
        Abs(ell) / sqrt(ell**2 + s**2) * exp(-(m**2) / (2 * (ell**2 + s**2))),
        where=(Ne(ell, 0),),
        hard=True,
    ),
    Statement("imq-mixture", ray(C * exp(-x * (C + r**2)), x), C / (C + r**2)),
    Statement(
        "mmd-v-statistic",
        (n * a + n * (n - 1) * x) / n**2,
        x + (a - x) / n,
        source="museum: cmmd-1926",
    ),
    Statement(
        "mmd-divisor",
        (x / (n - 1) - 2 * y / n) / n,
        x / (n * (n - 1)) - 2 * y / n**2,
        where=(n > 1,),
        source="doubted: wae-12",
    ),
    Statement("wasserstein-p-homogeneous", (Abs(x) ** p * a**p / 2) ** (1 / p), 2 ** (-1 / p) * Abs(x) * a),
    Statement("wasserstein-root", (a * b**p) ** (1 / p), b * exp(log(a) / p), source="museum: ott-651"),
    Statement(
        "rearrangement",
        (x + a - y) ** 2 + (x - y - b) ** 2 - (x - y) ** 2 - (x + a - y - b) ** 2,
        2 * a * b,
    ),
    Statement("book-shifting", Min(2, 2**p), Integer(2), where=(p >= 1,), hard=True),
    Statement(
        "dual-update-telescopes",
        Sum(F[j] - F[j + 1], (j, i, n)),
        F[i] - F[n + 1],
        where=(i <= n,),
        source="museum: quantecon-304",
    ),
    Statement(
        "penalty-falls-towards-prior",
        Derivative(a + lam * ((1 - x) * (mu_1 - mu_2)) ** 2, x),
        -2 * lam * (1 - x) * (mu_1 - mu_2) ** 2,
        source="museum: wae-10",
    ),
    Statement(
        "critic-loss-is-minus-w1",
        line(x * (normal(x, mu_2, s**2) - normal(x, mu_1, s**2)), x),
        -(mu_1 - mu_2),
        source="doubted: ctgan-82",
    ),
    Statement(
        "n-pairs-loss",
        log(1 + exp(e_1 - s_0) + exp(e_2 - s_0)),
        -log(exp(s_0) / (exp(s_0) + exp(e_1) + exp(e_2))),
        source="museum: pml1-16.13",
        hard=True,
    ),
    Statement("uniform-atoms-quantiser", sqrt(2) * sqrt(1 - 1 / pi), sqrt(2 - 2 / pi)),
)

# --------------------------------------------------------------------------------------------------
# Right: attention, softmax, lengths, positions
# --------------------------------------------------------------------------------------------------
# the weight of one frame whose score exceeds L - 1 others by a, at inverse temperature beta
peak = 1 / (1 + (L - 1) * exp(-beta * a))
two_way = -sigmoid(beta * x) * log(sigmoid(beta * x)) - sigmoid(-beta * x) * log(sigmoid(-beta * x))
RIGHT_ATTENTION = (
    Statement("softmax-of-two", exp(x) / (exp(x) + exp(y)), (1 + tanh((x - y) / 2)) / 2, hard=True),
    Statement("tanh-by-sigmoid", tanh(x), 2 * sigmoid(2 * x) - 1, hard=True),
    Statement("sigmoid-reflection", sigmoid(x) + sigmoid(-x), Integer(1)),
    Statement("sigmoid-slope", Derivative(sigmoid(x), x), sigmoid(x) * (1 - sigmoid(x))),
    Statement("log-sigmoid-slope", Derivative(log(sigmoid(x)), x), sigmoid(-x)),
    Statement("softplus-scaled-slope", Derivative(log(1 + exp(beta * x)) / beta, x), sigmoid(beta * x)),
    Statement(
        "softmax-cross-derivative",
        Derivative(softmax_3(e_1, e_1, e_2, e_3), e_2),
        -softmax_3(e_1, e_1, e_2, e_3) * softmax_3(e_2, e_1, e_2, e_3),
    ),
    Statement(
        "log-sum-exp-gradient",
        Derivative(log(exp(e_1) + exp(e_2) + exp(e_3)), e_1),
        softmax_3(e_1, e_1, e_2, e_3),
    ),
    Statement(
        "log-sum-exp-shift",
        log(exp(e_1) + exp(e_2) + exp(e_3)),
        e_1 + log(1 + exp(e_2 - e_1) + exp(e_3 - e_1)),
    ),
    Statement(
        "sigmoid-entropy",
        -log(sigmoid(x)) * sigmoid(x) - log(sigmoid(-x)) * sigmoid(-x),
        log(1 + exp(x)) - x * sigmoid(x),
    ),
    Statement(
        "sharpening-entropy-slope",
        Derivative(two_way, beta),
        -beta * x**2 * sigmoid(beta * x) * sigmoid(-beta * x),
    ),
    Statement(
        "sharpening-needed",
        log((L - 1) * peak / (1 - peak)) / a,
        beta,
        where=(L > 1,),
    ),
    Statement(
        "smoothing-is-softmax-of-logs",
        sigmoid(x) / (sigmoid(x) + sigmoid(y)),
        sigmoid(log(1 + exp(-y)) - log(1 + exp(-x))),
    ),
    Statement(
        "perplexity-of-two",
        exp(-p * log(p) - (1 - p) * log(1 - p)),
        p ** (-p) * (1 - p) ** (p - 1),
        where=(p < 1,),
        hard=True,
    ),
    Statement("scheduled-sampling", a / (a + exp(b / a)), sigmoid(log(a) - b / a)),
    Statement(
        "logistic-normaliser-power",
        (exp(x) + 2 + exp(-x)) ** Rational(3, 2),
        8 * cosh(x / 2) ** 3,
        hard=True,
    ),
    Statement("sharpened-mass-power", a**beta / (a**beta + b**beta), 1 / (1 + (b / a) ** beta)),
    Statement(
        "conv-length",
        conv_length(L),
        floor((L + 2 * pad - (dilation * (width - 1) + 1) + stride) / stride),
        source="museum: torch-nn-945",
    ),
    Statement(
        "conv-transpose-inverts",
        conv_length((L - 1) * stride - 2 * pad + dilation * (width - 1) + extra + 1),
        L,
        where=(extra < stride,),
        source="doubted: pytorch-172560",
        hard=True,
    ),
    Statement("conv-half-padding", L + 2 * floor(width / 2) - (width - 1), L + 1 - Mod(width, 2), hard=True),
    Statement("strided-length-is-ceiling", floor((L - 1) / stride) + 1, ceiling(L / stride), hard=True),
    Statement(
        "dilated-extent",
        (width - 1) * (pad + 1) + 1,
        width + (width - 1) * pad,
        source="museum: onednn-587",
    ),
    Statement(
        "stft-frames",
        floor((L - width + hop) / hop),
        1 + floor((L - width) / hop),
        source="doubted: pytorch-97240",
    ),
    Statement("padding-to-multiple", floor((T + red - 1) / red) * red - T, Mod(-T, red), hard=True),
    Statement("pyramid-halving", floor(floor(T / 2) / 2), floor(T / 4), hard=True),
    Statement("pyramid-composition", floor(floor(T / red) / stride), floor(T / (red * stride)), hard=True),
    Statement("flat-index-row", floor((bat * T + row) / T), bat, where=(row < T,), hard=True),
    Statement("flat-index-column", Mod(bat * T + row, T), row, where=(row < T,), hard=True),
    Statement(
        "pair-two-frames",
        (bat * 2 * M + row) * D + col,
        (bat * M + floor(row / 2)) * 2 * D + Mod(row, 2) * D + col,
        hard=True,
    ),
    Statement(
        "reshape-scramble",
        Mod(red * (j * B + bat), red * B - 1),
        Mod(j + red * bat, red * B - 1),
        where=(red > 1,),
        hard=True,
    ),
    Statement("euclidean-division", floor(T / red) * red + Mod(T, red), T, hard=True),
    Statement("negative-floor", -floor(-x), ceiling(x), hard=True),
    Statement("half-steps", floor(x) + floor(x + half), floor(2 * x), hard=True),
    Statement("receptive-field", 1 + Sum(2**i, (i, 0, n - 1)), 2**n),
    Statement("pyramid-steps", Sum(T / 2**i, (i, 0, n)), T * (2 - 2 ** (-n))),
    Statement("stop-hazard", Sum(p * (1 - p) ** (i - 1), (i, 1, n)), 1 - (1 - p) ** n, where=(p < 1,)),
    Statement(
        "free-running-variance",
        Sum(p ** (2 * i), (i, 0, n - 1)),
        (1 - p ** (2 * n)) / (1 - p**2),
        where=(p < 1,),
        hard=True,
    ),
    Statement("equal-copies-entropy", -Sum(log(1 / n) / n, (i, 1, n)), log(n)),
    Statement("graves-window-mass", line(a * exp(-b * (x - y) ** 2), y), a * sqrt(pi / b)),
    Statement(
        "positional-dot-product",
        sin(omega * x) * sin(omega * y) + cos(omega * x) * cos(omega * y),
        cos(omega * (x - y)),
    ),
    Statement(
        "positional-shift",
        sin(omega * (x + y)),
        sin(omega * x) * cos(omega * y) + cos(omega * x) * sin(omega * y),
    ),
    Statement(
        "rotary-inner-product",
        (f_1 * cos(x) - f_2 * sin(x)) * (g_1 * cos(y) - g_2 * sin(y))
        + (f_1 * sin(x) + f_2 * cos(x)) * (g_1 * sin(y) + g_2 * cos(y)),
        (f_1 * g_1 + f_2 * g_2) * cos(x - y) + (f_1 * g_2 - f_2 * g_1) * sin(x - y),
    ),
    Statement("positional-frequency", exp(-2 * i * log(10000) / D), Integer(10000) ** (-2 * i / D)),
    Statement(
        "positional-frequency-even",
        exp(-i * log(10000) / floor(2 * M / 2)),
        10 ** (-4 * i / M),
        source="museum: loftr-41",
    ),
    Statement(
        "dirichlet-kernel",
        Sum(cos(i * x), (i, 0, n - 1)),
        sin(n * x / 2) * cos((n - 1) * x / 2) / sin(x / 2),
        where=(Ne(sin(x / 2), 0),),
        hard=True,
    ),
    Statement("mu-law-inverse", log(1 + b * ((1 + b) ** a - 1) / b) / log(1 + b), a),
    Statement("mel-inverse", 2595 * log(1 + 700 * (10 ** (a / 2595) - 1) / 700) / log(10), a),
    Statement("decibel-of-square", 10 * log(a**2) / log(10), 20 * log(a) / log(10)),
    Statement("highway-half-open", (x * tanh(y) + x) / 2, x * sigmoid(2 * y), hard=True),
    Statement(
        "griffin-lim-projection",
        (a * cos(x) - a * cos(y)) ** 2 + (a * sin(x) - a * sin(y)) ** 2,
        4 * a**2 * sin((x - y) / 2) ** 2,
    ),
)

RIGHT = RIGHT_SHRINKAGE + RIGHT_FLOWS + RIGHT_GRADIENTS + RIGHT_TRANSPORT + RIGHT_ATTENTION

# --------------------------------------------------------------------------------------------------
# Wrong: Bayes and shrinkage
# --------------------------------------------------------------------------------------------------
WRONG_SHRINKAGE = (
    Statement("note-mu-n-without-mu-0", mu_n(mu_0), mu_n(1), fault="dropped term", source="note 1"),
    Statement(
        "note-prior-without-half",
        line(theta**2 * exp(-(theta**2) / tau_0**2), theta) / line(exp(-(theta**2) / tau_0**2), theta),
        tau_0**2,
        fault="factor",
        source="note 1",
    ),
    Statement(
        "note-misplaced-square",
        (y - theta) ** 2 / sigma**2 + (theta - mu_0**2) / tau_0**2,
        (theta - mu_1_mean) ** 2 / tau_1_sq + (y - mu_0) ** 2 / (sigma**2 + tau_0**2),
        fault="bracketing",
        source="note 1",
    ),
    Statement(
        "posterior-mean-swapped-weights",
        mu_1_mean,
        mu_0 + (y - mu_0) * sigma**2 / (sigma**2 + tau_0**2),
        fault="swapped symbols",  # coincides at sigma = tau_0
    ),
    Statement(
        "posterior-mean-unsquared",
        mu_1_mean,
        mu_0 + (y - mu_0) * tau_0 / (sigma + tau_0),
        fault="exponent",
    ),
    Statement(
        "posterior-mean-shrink-sign",
        mu_1_mean,
        y + (y - mu_0) * sigma**2 / (sigma**2 + tau_0**2),
        fault="sign",
    ),
    Statement("posterior-variance-not-inverted", tau_1_sq, 1 / tau_0**2 + 1 / sigma**2, fault="reciprocal"),
    Statement(
        "posterior-mean-n-forgotten",
        line(theta * likelihood * prior, theta) / line(likelihood * prior, theta),
        mu_0 + (ybar - mu_0) * tau_0**2 / (sigma**2 + tau_0**2),
        fault="dropped term",  # coincides at n = 1
    ),
    Statement(
        "evidence-precisions-added",
        line(normal(y, theta, sigma**2) * prior, theta),
        normal(y, mu_0, 1 / (1 / sigma**2 + 1 / tau_0**2)),
        fault="reciprocal",
    ),
    Statement(
        "evidence-deviations-added",
        line(normal(y, theta, sigma**2) * prior, theta),
        normal(y, mu_0, (sigma + tau_0) ** 2),
        fault="bracketing",
    ),
    Statement(
        "log-evidence-without-half",
        log(normal(y, mu_0, v)),
        -log(2 * pi) / 2 - log(v) - (y - mu_0) ** 2 / (2 * v),
        fault="factor",  # coincides at v = 1
    ),
    Statement(
        "complete-the-square-no-remainder",
        (y - theta) ** 2 / sigma**2 + (theta - mu_0) ** 2 / tau_0**2,
        (theta - mu_1_mean) ** 2 / tau_1_sq,
        fault="dropped term",  # coincides at y = mu_0
    ),
    Statement(
        "sufficiency-without-n",
        Sum((Y[i] - theta) ** 2, (i, 1, n)),
        Sum((Y[i] - mean_of_Y().subs(i, j)) ** 2, (i, 1, n)) + (theta - mean_of_Y()) ** 2,
        fault="factor",  # coincides at n = 1
    ),
    Statement(
        "sum-of-squared-deviations-sign",
        Sum((Y[i] - mean_of_Y().subs(i, j)) ** 2, (i, 1, n)),
        Sum(Y[i] ** 2, (i, 1, n)) + n * mean_of_Y() ** 2,
        fault="sign",
        source="museum: gov2002-17 (the correction proposed there)",
    ),
    Statement(
        "mse-threshold-one-prior-variance",
        B_n**2 * (theta - mu_0) ** 2 + (1 - B_n) ** 2 * sigma**2 / n - sigma**2 / n,
        B_n**2 * ((theta - mu_0) ** 2 - tau_0**2 - sigma**2 / n),
        fault="factor",
    ),
    Statement("prior-weight-rate-inverted", Limit(n * B_n, n, oo), tau_0**2 / sigma**2, fault="reciprocal"),
    Statement(
        "student-t-exponent",
        ray(normal(y, m, v) * b**a * v ** (-a - 1) * exp(-b / v) / gamma(a), v),
        gamma(a + half) / gamma(a) / sqrt(2 * pi * b) * (1 + (y - m) ** 2 / (2 * b)) ** (-a),
        fault="exponent",
    ),
    Statement(
        "beta-binomial-swapped",
        Integral(theta ** (k + a - 1) * (1 - theta) ** (n - k + b - 1), (theta, 0, 1)),
        gamma(b + k) * gamma(a + n - k) / gamma(a + b + n),
        where=(k <= n,),
        fault="swapped symbols",  # coincides at a = b and at n = 2 k
    ),
    Statement(
        "gamma-poisson-swapped",
        ray(exp(-x) * x**k / factorial(k) * gamma_density(x, a, b), x),
        gamma(a + k) / (factorial(k) * gamma(a)) * (1 / (1 + b)) ** a * (b / (1 + b)) ** k,
        fault="swapped symbols",  # coincides at b = 1
    ),
    Statement(
        "james-stein-poisson-rate",
        Sum(exp(-lam) * lam**i / factorial(i) / (2 + 2 * i), (i, 0, oo)),
        (1 - exp(-lam / 2)) / lam,
        fault="factor",
    ),
    Statement(
        "james-stein-divergence-p",
        Derivative(a / (a**2 + b**2 + c**2), a)
        + Derivative(b / (a**2 + b**2 + c**2), b)
        + Derivative(c / (a**2 + b**2 + c**2), c),
        3 / (a**2 + b**2 + c**2),
        fault="dropped term",
    ),
    Statement(
        "stein-lemma-without-variance",
        line((x - mu) * x**3 * normal(x, mu, sigma**2), x),
        3 * (mu**2 + sigma**2),
        fault="factor",  # coincides at sigma = 1
    ),
    Statement(
        "blr-unit-prior",
        line(w**2 * exp(-((w * y) ** 2) / (2 * sigma**2)) * normal(w, 0, tau**2), w)
        / line(exp(-((w * y) ** 2) / (2 * sigma**2)) * normal(w, 0, tau**2), w),
        1 / (y**2 / sigma**2 + 1),
        fault="dropped term",  # coincides at tau = 1
        source="museum: eth-notes-3-blr-cov",
    ),
    Statement(
        "ols-variance-missing-n",
        n * Sum(sigma**2 * Y[i] ** 2, (i, 1, n)) / Sum(Y[i] ** 2, (i, 1, n)) ** 2,
        sigma**2 / Sum(Y[i] ** 2, (i, 1, n)),
        fault="factor",  # coincides at n = 1
        source="museum: gov2002-62",
    ),
    Statement(
        "ols-gradient-sign",
        Derivative((a - u * x) ** 2 + (b - w * x) ** 2, x),
        2 * (u * a + w * b) - 2 * (u**2 + w**2) * x,
        fault="sign",  # coincides at the stationary point
        source="museum: gov2002-74",
    ),
    Statement(
        "gamma-variance-rate-as-scale",
        ray(x**2 * gamma_density(x, a, b), x) - ray(x * gamma_density(x, a, b), x) ** 2,
        a * b**2,
        fault="reciprocal",  # coincides at b = 1
        source="museum: incanter-245",
    ),
    Statement(
        "gamma-normaliser-swapped",
        ray(a**b * x ** (a - 1) * exp(-b * x) / gamma(a), x),
        Integer(1),
        fault="swapped symbols",  # coincides at a = b
        source="museum: prml-10.177; PRML eq. 10.177",
    ),
    Statement(
        "wishart-dof-plus-one",
        sqrt(lam) * lam ** ((nu - 2) / 2) * sqrt(lam) ** N,
        sqrt(lam) * lam ** ((nu + N + 1 - 2) / 2),
        fault="exponent",  # coincides at lambda = 1
        source="museum: prml-10.63; PRML eq. 10.63",
    ),
    Statement(
        "mixture-variance-one-dimension",
        p * (L * v_1 + mu_1**2) + (1 - p) * (L * v_2 + mu_2**2) - (p * mu_1 + (1 - p) * mu_2) ** 2,
        p * v_1 + (1 - p) * v_2 + p * (1 - p) * (mu_1 - mu_2) ** 2,
        where=(p < 1,),
        fault="factor",  # coincides at L = 1
        source="museum: prml-5.160; PRML eq. 5.160",
    ),
    Statement(
        "beta-variance-no-plus-one",
        gamma(a + 2) * gamma(a + b) / (gamma(a) * gamma(a + b + 2)) - (a / (a + b)) ** 2,
        a * b / (a + b) ** 3,
        fault="dropped term",
    ),
    Statement(
        "kl-normal-swapped",
        kl_normal_integral(mu_1, sigma_1, mu_2, sigma_2),
        kl_normal(mu_2, sigma_2, mu_1, sigma_1),
        fault="swapped symbols",  # coincides at sigma_1 = sigma_2
    ),
    Statement(
        "kl-normal-log-scope",
        kl_normal(mu_1, sqrt(v_1), mu_2, sqrt(v_2)),
        log(v_2 / v_1 - 1 + v_1 / v_2 + (mu_2 - mu_1) ** 2 / v_2) / 2,
        fault="bracketing",
        source="museum: udl-C.5.4",
    ),
    Statement(
        "kl-log-deviation-squared",
        kl_normal_integral(mu, exp(ell), 0, 1),
        (exp(2 * ell) + mu**2 - 1 + ell**2) / 2,
        fault="exponent",  # coincides at ell = 0 and ell = -2
        source="museum: flux-73",
    ),
    Statement(
        "kl-log-variance-missing-half",
        kl_normal(mu, exp(ell / 2), 0, 1),
        -ell + (exp(ell) + mu**2) / 2 - half,
        fault="factor",  # coincides at ell = 0
        source="museum: karen-8",
    ),
    Statement(
        "kl-deviation-read-as-variance",
        kl_normal(mu, exp(ell), 0, 1),
        -(1 + ell - mu**2 - exp(ell)) / 2,
        fault="exponent",  # coincides at ell = 0
        source="museum: pyg-1368; proposed in vae-tf-3",
    ),
    Statement(
        "kl-standard-normal-sign",
        kl_normal(mu, exp(ell / 2), 0, 1),
        (1 + ell - mu**2 - exp(ell)) / 2,
        fault="sign",
        source="proposed in pytorch-examples-824",
    ),
    Statement(
        "kl-to-standard-normal-reversed",
        kl_normal(mu, sigma, 0, 1),
        (1 / sigma**2 + mu**2 / sigma**2 - 1 + log(sigma**2)) / 2,
        fault="swapped symbols",  # coincides at sigma = 1
        source="proposed in wiseodd-74",
    ),
    Statement(
        "kl-old-new-trace-squared",
        kl_normal(mu_1, exp(e_1 / 2), mu_2, exp(e_2 / 2)),
        (e_2 - e_1 + exp(2 * (e_1 - e_2)) + (mu_2 - mu_1) ** 2 / exp(e_2) - 1) / 2,
        fault="exponent",  # coincides at e_1 = e_2
        source="proposed in trpo-25",
    ),
    Statement(
        "kl-exponential-swapped",
        ray(lam * exp(-lam * x) * (log(lam) - lam * x - log(nu) + nu * x), x),
        log(nu / lam) + lam / nu - 1,
        fault="swapped symbols",  # coincides at lambda = nu
    ),
    Statement(
        "kl-gamma-rate-ratio",
        (a * log(b) - loggamma(a) + (a - 1) * (digamma(a) - log(b)) - a)
        - (c * log(d) - loggamma(c) + (c - 1) * (digamma(a) - log(b)) - d * a / b),
        (a - c) * digamma(a) - loggamma(a) + loggamma(c) + c * log(b / d) + a * (b - d) / d,
        fault="reciprocal",  # coincides at b = d
    ),
    Statement(
        "kl-beta-index",
        digamma(a + 1) - digamma(a + b + 1),
        digamma(a) + 1 / a - digamma(a + b) - 1 / (a + b + 1),
        fault="index",
    ),
    Statement("digamma-recurrence-shift", digamma(a + 1) - digamma(a), 1 / (a + 1), fault="index"),
    Statement(
        "digamma-telescopes-too-far",
        digamma(a + n) - digamma(a),
        Sum(1 / (a + i), (i, 0, n)),
        fault="index",
    ),
    Statement(
        "loggamma-duplication-factor",
        loggamma(a) + loggamma(a + half),
        log(pi) / 2 + loggamma(2 * a),
        fault="dropped term",
    ),
    Statement(
        "loggamma-as-log-of-product",
        loggamma(a + 2) - loggamma(a),
        log(a) * log(a + 1),
        fault="dropped function",
    ),
    Statement(
        "probit-evidence-deviation",
        line(Phi(x) * normal(x, mu, sigma**2), x),
        Phi(mu / (1 + sigma)),
        fault="bracketing",
    ),
    Statement("normal-tail-without-root", 1 - Phi(x), erfc(x) / 2, fault="dropped function"),
    Statement(
        "arcsine-scale-without-root",
        2 * asin(p),
        acos(1 - 2 * p),
        where=(p < 1,),
        fault="dropped function",
    ),
    Statement(
        "arcsine-variance",
        Derivative(asin(sqrt(p)), p) ** 2 * p * (1 - p),
        half,
        where=(p < 1,),
        fault="factor",
    ),
    Statement(
        "empirical-bayes-score-sign",
        Derivative(-n * log(v) / 2 - s / (2 * v), v),
        -(s + n * v) / (2 * v**2),
        fault="sign",
    ),
)

# --------------------------------------------------------------------------------------------------
# Wrong: change of variables and flows
# --------------------------------------------------------------------------------------------------
WRONG_FLOWS = (
    Statement(
        "lognormal-without-jacobian",
        Derivative(Phi((log(a) - mu) / sigma), a),
        exp(-((log(a) - mu) ** 2) / (2 * sigma**2)) / (sigma * sqrt(2 * pi)),
        fault="dropped term",  # coincides at a = 1
    ),
    Statement(
        "decreasing-map-without-modulus",
        Derivative(1 - Phi(-log(a)), a),
        -exp(-(log(a) ** 2) / 2) / (a * sqrt(2 * pi)),
        fault="sign",
    ),
    Statement(
        "chi-square-one-branch",
        normal(sqrt(a), 0, 1) / (2 * sqrt(a)),
        gamma_density(a, half, half),
        fault="dropped term",
    ),
    Statement(
        "standard-normal-exponent-sign",
        Derivative(Phi(z), z),
        exp(z**2 / 2) / sqrt(2 * pi),
        fault="sign",  # coincides at z = 0
        source="museum: udl-16.27",
    ),
    Statement(
        "linear-map-times-determinant",
        line(exp(-(y**2) / (2 * x**2)) / sqrt(2 * pi) * Abs(x), y),
        Integer(1),
        where=(Ne(x, 0),),
        fault="reciprocal",  # coincides at |x| = 1
        source="museum: mml-6.97",
    ),
    Statement(
        "linear-map-determinant-unsigned",
        sqrt((a_11**2 + a_12**2) * (a_21**2 + a_22**2) - (a_11 * a_21 + a_12 * a_22) ** 2),
        a_11 * a_22 - a_12 * a_21,
        fault="wrong domain",  # right where the determinant is positive
    ),
    Statement(
        "quadratic-form-gradient-uninverted",
        Derivative((a_22 * x**2 - (a_12 + a_21) * x * y + a_11 * y**2) / (a_11 * a_22 - a_12 * a_21), x),
        a_11 * x + a_12 * y + (a_22 * x - a_12 * y) / (a_11 * a_22 - a_12 * a_21),
        where=(Ne(a_11 * a_22 - a_12 * a_21, 0),),
        fault="reciprocal",
        source="museum: mml-imperial-24c",
    ),
    Statement(
        "inverse-pass-log-determinant-sign",
        log(Derivative(x * exp(h) + mu, x)),
        -h,
        fault="sign",  # coincides at h = 0
        source="museum: pytorch-flows-16",
    ),
    Statement(
        "flow-prior-at-the-start",
        line(normal(z, 0, 1) * log_normal(x * z + y, 0, 1), z),
        -log(2 * pi) / 2 - half,
        fault="index",  # coincides on x**2 + y**2 = 1, the identity flow among them
        source="museum: parmesan-21",
    ),
    Statement(
        "planar-flow-slope-no-weight",
        Derivative(z + u * tanh(w * z + h), z),
        1 + u / cosh(w * z + h) ** 2,
        fault="dropped term",
    ),
    Statement(
        "planar-flow-determinant-no-square",
        planar(x + u * tanh(x + w * y), y + h * tanh(x + w * y), x, y),
        1 + (u + h * w) * (1 - tanh(x + w * y)),
        fault="exponent",
    ),
    Statement(
        "radial-flow-power",
        planar(x * radial, y * radial, x, y),
        radial**2 * (radial - beta * radius / (alpha + radius) ** 2),
        where=(Ne(x, 0), Ne(y, 0)),
        fault="exponent",
    ),
    Statement(
        "composed-flow-inner-argument",
        Derivative(exp(sinh(x)), x),
        cosh(sinh(x)) * exp(sinh(x)),
        fault="dropped function",
    ),
    Statement(
        "sigmoid-log-slope-factor",
        log(sigmoid(x) * (1 - sigmoid(x))),
        -x - log(1 + exp(-x)),
        fault="factor",
    ),
    Statement(
        "tanh-log-slope-sign",
        log(1 - tanh(x) ** 2),
        2 * (log(2) - x - log(1 + exp(2 * x))),
        fault="sign",
    ),  # at x = 0
    Statement(
        "tanh-log-slope-bracket",
        log(1 - tanh(x) ** 2),
        2 * log(2) - x - log(1 + exp(-2 * x)),
        fault="bracketing",
    ),
    Statement("softplus-reflection-sign", log(1 + exp(x)) + log(1 + exp(-x)), x, fault="sign"),
    Statement("softplus-is-not-linear", log(1 + exp(x)), log(2) + x / 2, fault="dropped term"),  # at x = 0
    Statement(
        "softmax-jacobian-off-diagonal",
        p * (1 - p) * q * (1 - q) + p**2 * q**2,
        p * q * (1 - p - q),
        fault="sign",
    ),
    Statement(
        "logistic-density-full-angle",
        exp(-x) / (1 + exp(-x)) ** 2,
        1 / (4 * cosh(x) ** 2),
        fault="factor",
    ),  # at x = 0
    Statement("gumbel-mean-sign", line(x * exp(-x - exp(-x)), x), -EulerGamma, fault="sign"),
    Statement(
        "box-muller-jacobian-of-inverse",
        planar(sqrt(-2 * log(p)) * cos(2 * pi * w), sqrt(-2 * log(p)) * sin(2 * pi * w), p, w),
        -p / (2 * pi),
        where=(p < 1,),
        fault="reciprocal",
    ),
    Statement(
        "cauchy-ratio-without-jacobian",
        line(normal(u * z, 0, 1) * normal(z, 0, 1), z),
        1 / (pi * (1 + u**2)),
        fault="dropped term",
    ),
    Statement(
        "cauchy-quantile-sign",
        tan(pi * (p - half)),
        cot(pi * p),
        where=(p < 1,),
        fault="sign",
    ),  # at p = 1/2
    Statement(
        "sum-of-exponentials-one-rate",
        Integral(lam**2 * exp(-lam * x) * exp(-lam * (a - x)), (x, 0, a)),
        lam * a * exp(-lam * a),
        fault="exponent",  # coincides at lambda = 1
    ),
    Statement(
        "trace-exponential-factor",
        (exp(x) * cosh(y)) ** 2 - (exp(x) * sinh(y)) ** 2,
        exp(x),
        fault="factor",
    ),
    Statement(
        "arctangent-complement",
        atan(x) + atan(1 / x),
        pi / 2,
        where=(Ne(x, 0),),
        fault="wrong domain",
    ),
    Statement("half-angle-any-sign", acos((1 - x**2) / (1 + x**2)), 2 * atan(x), fault="wrong domain"),
    Statement(
        "double-angle-arctangent-beyond-one",
        2 * atan(x),
        atan(2 * x / (1 - x**2)),
        where=(Ne(x**2, 1),),
        fault="wrong domain",
    ),
    Statement(
        "double-angle-arccosine-any-sign",
        2 * acos(x),
        acos(2 * x**2 - 1),
        where=(x**2 < 1,),
        fault="wrong domain",
    ),
    Statement(
        "arctangent-of-tangent",
        atan(tan(x)),
        x,
        where=(Ne(cos(x), 0),),
        fault="wrong domain",
    ),  # right on (-pi/2, pi/2)
    Statement("log-of-square", log(x**2), 2 * log(x), where=(Ne(x, 0),), fault="wrong domain"),
    Statement(
        "log-of-product",
        log(x * y),
        log(x) + log(y),
        where=(x * y > 0,),
        fault="wrong domain",
    ),  # both negative
    Statement("root-of-square", sqrt(x**2), x, fault="wrong domain"),
    Statement(
        "root-of-product",
        sqrt(x * y),
        sqrt(x) * sqrt(y),
        fault="wrong domain",
    ),  # fails where both are negative
    Statement("cosine-from-sine", sqrt(1 - sin(x) ** 2), cos(x), fault="wrong domain"),
    Statement("sine-h-from-cosine-h", sqrt(cosh(x) ** 2 - 1), sinh(x), fault="wrong domain"),
    Statement(
        "volume-change-without-modulus",
        log(Abs(x) ** 3),
        3 * log(x),
        where=(Ne(x, 0),),
        fault="wrong domain",
    ),
    Statement("arsinh-odd-sign", log(x + sqrt(1 + x**2)), log(sqrt(1 + x**2) - x), fault="sign"),  # at x = 0
)

# --------------------------------------------------------------------------------------------------
# Wrong: gradients of expectations
# --------------------------------------------------------------------------------------------------
WRONG_GRADIENTS = (
    Statement(
        "note-score-without-gradient",
        line(z**2 * normal(z, mu, sigma**2) * log_normal(z, mu, sigma), z),
        2 * mu,
        fault="dropped function",
        source="note 2",
    ),
    Statement(
        "note-entropy-gradient-dropped",
        Derivative(-(m**2 + s**2) / 2 - ((x - m) ** 2 + s**2) / 2 + log(s), s),
        -2 * s,
        fault="dropped term",
        source="note 2",
    ),
    Statement(
        "score-without-variance",
        line(z**2 * normal(z, mu, sigma**2) * (z - mu), z),
        2 * mu,
        fault="factor",  # coincides at sigma = 1 and mu = 0
    ),
    Statement(
        "score-variance-second-moment",
        line((z**2 * score) ** 2 * normal(z, mu, sigma**2), z),
        (mu**4 + 14 * mu**2 * sigma**2 + 15 * sigma**4) / sigma**2,
        fault="dropped term",  # coincides at mu = 0
    ),
    Statement(
        "control-variate-minimum-no-square",
        v_1 + 2 * (-w / v_2) * w + (w / v_2) ** 2 * v_2,
        v_1 * (1 - w / sqrt(v_1 * v_2)),
        fault="exponent",
    ),
    Statement(
        "control-variate-linear-only",
        v_1 + 2 * (-w / v_2) * w + (w / v_2) ** 2 * v_2,
        v_1 - 2 * w**2 / v_2,
        fault="dropped term",
    ),
    Statement(
        "characteristic-cosine-half",
        line(cos(w * z) * normal(z, mu, sigma**2), z),
        exp(-(w**2) * sigma**2) * cos(w * mu),
        fault="factor",
    ),
    Statement(
        "characteristic-cosine-deviation",
        line(cos(w * z) * normal(z, mu, sigma**2), z),
        exp(-(w**2) * sigma / 2) * cos(w * mu),
        fault="exponent",  # coincides at sigma = 1
    ),
    Statement(
        "elbo-gap-reversed",
        -log(4 * pi) / 2
        - x**2 / 4
        - (-log(2 * pi) - (m**2 + s**2) / 2 - ((x - m) ** 2 + s**2) / 2 + log(2 * pi * s**2) / 2 + half),
        kl_normal(x / 2, 1 / sqrt(2), m, s),
        fault="swapped symbols",
    ),
    Statement(
        "gamma-mean-log-scale",
        ray(log(x) * gamma_density(x, a, b), x),
        digamma(a) + log(b),
        fault="sign",
    ),
    Statement(
        "gamma-mean-log-jensen",
        ray(log(x) * gamma_density(x, a, b), x),
        log(a) - log(b),
        fault="dropped function",
    ),
    Statement(
        "gamma-entropy-step-shifted",
        entropy_gamma(a + 1, b) - entropy_gamma(a, b),
        log(a) - digamma(a + 1),
        fault="index",
    ),
    Statement("trigamma-recurrence-sign", polygamma(1, a + 1), polygamma(1, a) + 1 / a**2, fault="sign"),
    Statement("trigamma-recurrence-power", polygamma(1, a + 1), polygamma(1, a) - 1 / a, fault="exponent"),
    Statement(
        "digamma-reflection-sign",
        digamma(1 - p) - digamma(p),
        -pi * cot(pi * p),
        where=(p < 1,),
        fault="sign",
    ),
    Statement(
        "g-rep-gamma-without-psi-1",
        Derivative(a * ((log(b * a) - digamma(alpha)) * psi_2 + 2 * psi_1**2) / (2 * psi_1), a),
        (log(a) + log(b) - digamma(alpha)) * psi_2 / (2 * psi_1) + psi_1,
        fault="dropped term",
    ),
    Statement(
        "implicit-exponential-sign",
        -Derivative(1 - exp(-beta * a), beta) / (beta * exp(-beta * a)),
        a / beta,
        fault="sign",
    ),
    Statement(
        "implicit-exponential-rate-scale",
        -Derivative(1 - exp(-beta * a), beta) / (beta * exp(-beta * a)),
        -a * beta,
        fault="reciprocal",  # coincides at beta = 1
    ),
    Statement(
        "price-without-half",
        Derivative(normal(z, mu, v), v),
        Derivative(normal(z, mu, v), z, 2),
        fault="factor",
        source="Price's theorem",
    ),
    Statement(
        "heaviside-gradient-unscaled",
        Derivative(Phi(mu / sigma), mu),
        exp(-(mu**2) / (2 * sigma**2)) / sqrt(2 * pi),
        fault="factor",  # coincides at sigma = 1
    ),
    Statement("moving-support-score-alone", Integral(x * (-1 / a**2), (x, 0, a)), half, fault="dropped term"),
    Statement(
        "score-variance-dimension-index",
        8 * gamma(D / 2 + 3) / (D * gamma(D / 2)),
        D * (D + 2),
        fault="index",
    ),
    Statement(
        "dropout-variance-odds",
        (1 - p) * (x / (1 - p)) ** 2 - x**2,
        x**2 * (1 - p) / p,
        where=(p < 1,),
        fault="reciprocal",  # coincides at p = 1/2
    ),
    Statement(
        "gumbel-softmax-tempered-shift",
        exp((x + w) / tau) / (exp((x + w) / tau) + exp(y / tau)),
        1 / (1 + exp((y - x) / tau)),
        fault="dropped term",
    ),
    Statement(
        "gae-weights-unnormalised",
        Sum(p ** (i - 1), (i, 1, n)),
        1 - p**n,
        where=(p < 1,),
        fault="dropped term",
        source="museum: labml-255",
    ),
    Statement(
        "diffusion-noise-coefficient",
        sqrt(p_2 * (1 - p_1) + (1 - p_2)),
        sqrt(p_1 * p_2),
        where=(p_1 < 1, p_2 < 1),
        fault="dropped term",  # coincides at p_1 p_2 = 1/2
        source="museum: labml-152",
    ),
    Statement(
        "adjoint-sign",
        Derivative(Integral(exp(-2 * a * x), (x, 0, b)), a),
        Integral(exp(-a * x) * (exp(-a * x) - exp(-2 * a * b + a * x)) / a, (x, 0, b)),
        fault="sign",
        source="after museum: sciml-197",
    ),
    Statement(
        "quadratic-gradient-half-kept",
        Derivative((a * x**2 + 2 * w * x * y + b * y**2) / 2 - u * x - h * y, x),
        (a * x + w * y) / 2 - u,
        fault="factor",
        source="proposed in mml-613",
    ),
    Statement(
        "quadratic-gradient-missing-two",
        Derivative(a * x**2 + 2 * w * x * y + b * y**2 - u * x - h * y, x),
        a * x + w * y - u,
        fault="factor",  # coincides where a x + w y = 0
        source="museum: mml-7.8",
    ),
    Statement(
        "decay-power-added",
        exp(-C * a),
        exp(-C) * exp(-a),
        fault="exponent",
        source="museum: mlrefined-p145",
    ),
    Statement(
        "folded-normal-mean-root",
        line(Abs(x) * normal(x, 0, sigma**2), x),
        sigma * 2 / pi,
        fault="dropped function",
    ),
    Statement(
        "lognormal-mean-without-half",
        line(exp(mu + sigma * z) * normal(z, 0, 1), z),
        exp(mu + sigma**2),
        fault="factor",
    ),
    Statement(
        "lognormal-mean-is-median",
        line(exp(mu + sigma * z) * normal(z, 0, 1), z),
        exp(mu),
        fault="dropped term",
    ),
    Statement(
        "relu-mean-reflected",
        ray(x * normal(x, mu, sigma**2), x),
        mu * Phi(-mu / sigma) + sigma * exp(-(mu**2) / (2 * sigma**2)) / sqrt(2 * pi),
        fault="sign",  # coincides at mu = 0
    ),
)

# --------------------------------------------------------------------------------------------------
# Wrong: transport, WGAN, WAE, MMD
# --------------------------------------------------------------------------------------------------
WRONG_TRANSPORT = (
    Statement(
        "wasserstein-2-normals-variances",
        line((mu_1 - mu_2 + (sigma_1 - sigma_2) * z) ** 2 * normal(z, 0, 1), z),
        (mu_1 - mu_2) ** 2 + sigma_1**2 + sigma_2**2,
        fault="dropped term",
    ),
    Statement(
        "wasserstein-2-normals-power",
        line((mu_1 - mu_2 + (sigma_1 - sigma_2) * z) ** 2 * normal(z, 0, 1), z),
        (mu_1 - mu_2) ** 2 + Abs(sigma_1**2 - sigma_2**2),
        fault="exponent",  # coincides at sigma_1 = sigma_2
    ),
    Statement(
        "wasserstein-2-exponentials-factor",
        Integral((1 / lam - 1 / nu) ** 2 * log(1 - x) ** 2, (x, 0, 1)),
        (1 / lam - 1 / nu) ** 2,
        fault="factor",
    ),
    Statement(
        "wasserstein-2-exponentials-rates",
        Integral((1 / lam - 1 / nu) ** 2 * log(1 - x) ** 2, (x, 0, 1)),
        2 * (lam - nu) ** 2,
        fault="reciprocal",  # coincides at lambda nu = 1
    ),
    Statement(
        "wasserstein-1-moving-uniform-one-piece",
        Integral(Abs(theta + x), (x, 0, 1)),
        theta**2 + theta + half,
        fault="wrong domain",  # right on [-1, 0]
    ),
    Statement(
        "bures-missing-two",
        sqrt((a + sqrt(a**2 - 4 * b)) / 2) + sqrt((a - sqrt(a**2 - 4 * b)) / 2),
        sqrt(a + sqrt(b)),
        where=(a**2 > 4 * b,),
        fault="factor",
    ),
    Statement(
        "nested-radical-difference-ordered",
        sqrt(a + b - 2 * sqrt(a * b)),
        sqrt(a) - sqrt(b),
        fault="wrong domain",  # right where a >= b
    ),
    Statement("root-of-sum", sqrt(a + b), sqrt(a) + sqrt(b), fault="dropped term"),
    Statement(
        "hilbert-contraction-half",
        (sqrt(eta) - 1) / (sqrt(eta) + 1),
        tanh(log(eta) / 2),
        fault="factor",
    ),  # at eta = 1
    Statement(
        "sinkhorn-two-points-sign",
        1 / (2 * (1 + exp(-1 / eps))),
        (1 - tanh(1 / (2 * eps))) / 4,
        fault="sign",
    ),
    Statement(
        "sinkhorn-two-points-scale",
        1 / (2 * (1 + exp(-1 / eps))),
        (1 + tanh(eps / 2)) / 4,
        fault="reciprocal",
    ),  # eps = 1
    Statement("sinkhorn-limit-swapped", Limit(1 / (2 * (1 + exp(-a / eps))), eps, oo), half, fault="factor"),
    Statement(
        "soft-minimum-without-modulus",
        eps * log(exp(x / eps) + exp(y / eps)),
        Max(x, y) + eps * log(1 + exp(-(x - y) / eps)),
        fault="wrong domain",  # right where x >= y
    ),
    Statement(
        "soft-minimum-temperature",
        eps * log(exp(x / eps) + exp(y / eps)),
        Max(x, y) + log(1 + exp(-Abs(x - y) / eps)),
        fault="factor",  # coincides at eps = 1
    ),
    Statement("maximum-by-distance-sign", Max(x, y), (x + y - Abs(x - y)) / 2, fault="sign"),  # at x = y
    Statement(
        "maximum-without-modulus",
        Max(x, y) - Min(x, y),
        x - y,
        fault="wrong domain",
    ),  # right where x >= y
    Statement(
        "gradient-penalty-overshoot-factor",
        (delta * u - lam * (u - 1) ** 2).subs(u, 1 + delta / (2 * lam)),
        delta + delta**2 / (2 * lam),
        fault="factor",
    ),
    Statement(
        "lagrange-identity-sign",
        (f_1**2 + f_2**2) * (g_1**2 + g_2**2) - (f_1 * g_1 + f_2 * g_2) ** 2,
        (f_1 * g_2 + f_2 * g_1) ** 2,
        fault="sign",
    ),
    Statement(
        "operator-norm-product",
        Abs(f_1 * g_1 + f_2 * g_2),
        sqrt(f_1**2 + f_2**2) * sqrt(g_1**2 + g_2**2),
        fault="dropped term",  # right for parallel vectors
        source="note on WGAN",
    ),
    Statement(
        "wae-penalised-gap-power",
        (1 - b) ** 2 - ((1 - a * b) ** 2 + lam * (1 - a) ** 2).subs(a, (b + lam) / (b**2 + lam)),
        b**2 * (1 - b) ** 2 / (b + lam),
        fault="exponent",  # coincides at b = 1
    ),
    Statement(
        "aggregate-kl-without-information",
        (kl_bernoulli(p_1, q) + kl_bernoulli(p_2, q)) / 2,
        kl_bernoulli((p_1 + p_2) / 2, q),
        where=(p_1 < 1, p_2 < 1, q < 1),
        fault="dropped term",  # coincides at p_1 = p_2
    ),
    Statement(
        "discrete-kl-without-log",
        p * (p / q) + (1 - p) * ((1 - p) / (1 - q)),
        kl_bernoulli(p, q),
        where=(p < 1, q < 1),
        fault="dropped function",
        source="museum: raschka-626",
    ),
    Statement(
        "cross-entropy-swapped",
        -q * log(p) - (1 - q) * log(1 - p),
        kl_bernoulli(p, q) - p * log(p) - (1 - p) * log(1 - p),
        where=(p < 1, q < 1),
        fault="swapped symbols",  # coincides at p = q
        source="museum: chainer-13",
    ),
    Statement(
        "entropy-slope-sign",
        Derivative(-p * log(p) - (1 - p) * log(1 - p), p),
        log(p / (1 - p)),
        where=(p < 1,),
        fault="sign",
    ),
    Statement(
        "mmd-kernel-mean-twice-variance",
        line(exp(-(x**2) / (2 * ell**2)) * normal(x, m, s**2), x),
        Abs(ell) / sqrt(ell**2 + 2 * s**2) * exp(-(m**2) / (2 * (ell**2 + 2 * s**2))),
        where=(Ne(ell, 0),),
        fault="factor",
    ),
    Statement(
        "imq-mixture-unscaled",
        ray(exp(-x * (C + r**2)), x),
        C / (C + r**2),
        fault="factor",
    ),  # at C = 1
    Statement(
        "mmd-v-statistic-unbiased",
        (n * a + n * (n - 1) * x) / n**2,
        x,
        fault="dropped term",  # coincides at a = x
        source="museum: cmmd-1926",
    ),
    Statement(
        "mmd-divisor-twice",
        (x / (n * (n - 1)) - 2 * y / n**2) / n,
        x / (n * (n - 1)) - 2 * y / n**2,
        where=(n > 1,),
        fault="factor",
        source="proposed in wae-12",
    ),
    Statement(
        "wasserstein-root-precedence",
        (a * b**p) ** (1 / p),
        (a * b**p) ** 1 / p,
        fault="bracketing",
        source="museum: ott-651",
    ),
    Statement(
        "rearrangement-sign",
        (x + a - y) ** 2 + (x - y - b) ** 2 - (x - y) ** 2 - (x + a - y - b) ** 2,
        -2 * a * b,
        fault="sign",
    ),
    Statement("book-shifting-concave", Min(2, 2**p), Integer(2), fault="wrong domain"),  # right for p >= 1
    Statement(
        "wasserstein-p-additive",
        (a**p + b**p) ** (1 / p),
        a + b,
        fault="wrong domain",
    ),  # right at p = 1 only
    Statement(
        "dual-update-first-index",
        Sum(F[j] - F[j + 1], (j, i, n)),
        F[1] - F[n + 1],
        where=(i <= n,),
        fault="index",  # coincides at i = 1
        source="museum: quantecon-304",
    ),
    Statement(
        "penalty-sign",
        Derivative(a - lam * ((1 - x) * (mu_1 - mu_2)) ** 2, x),
        -2 * lam * (1 - x) * (mu_1 - mu_2) ** 2,
        fault="sign",
        source="museum: wae-10",
    ),
    Statement(
        "critic-loss-sum",
        line(x * (normal(x, mu_2, s**2) - normal(x, mu_1, s**2)), x),
        -(mu_1 + mu_2),
        fault="sign",  # coincides at mu_2 = 0
        source="proposed in ctgan-82",
    ),
    Statement(
        "n-pairs-loss-sign",
        log(1 + exp(e_1 - s_0) + exp(e_2 - s_0)),
        log(exp(s_0) / (exp(s_0) + exp(e_1) + exp(e_2))),
        fault="sign",
        source="museum: pml1-16.13",
    ),
)

# --------------------------------------------------------------------------------------------------
# Wrong: attention, softmax, lengths, positions
# --------------------------------------------------------------------------------------------------
WRONG_ATTENTION = (
    Statement(
        "softmax-of-two-full-angle",
        exp(x) / (exp(x) + exp(y)),
        (1 + tanh(x - y)) / 2,
        fault="factor",
    ),  # at x = y
    Statement("tanh-by-sigmoid-unscaled", tanh(x), 2 * sigmoid(x) - 1, fault="factor"),  # at x = 0
    Statement("sigmoid-slope-sign", Derivative(sigmoid(x), x), sigmoid(x) * (1 + sigmoid(x)), fault="sign"),
    Statement(
        "log-sigmoid-slope-reflected",
        Derivative(log(sigmoid(x)), x),
        sigmoid(x),
        fault="sign",
    ),  # at x = 0
    Statement(
        "softplus-scaled-slope-extra",
        Derivative(log(1 + exp(beta * x)) / beta, x),
        sigmoid(beta * x) / beta,
        fault="factor",
    ),
    Statement(
        "softmax-cross-derivative-sign",
        Derivative(softmax_3(e_1, e_1, e_2, e_3), e_2),
        softmax_3(e_1, e_1, e_2, e_3) * softmax_3(e_2, e_1, e_2, e_3),
        fault="sign",
    ),
    Statement(
        "softmax-cross-derivative-diagonal",
        Derivative(softmax_3(e_1, e_1, e_2, e_3), e_2),
        softmax_3(e_1, e_1, e_2, e_3) * (1 - softmax_3(e_1, e_1, e_2, e_3)),
        fault="index",
    ),
    Statement(
        "log-sum-exp-scaling",
        log(exp(beta * e_1) + exp(beta * e_2) + exp(beta * e_3)),
        beta * log(exp(e_1) + exp(e_2) + exp(e_3)),
        fault="bracketing",  # coincides at beta = 1
    ),
    Statement(
        "sigmoid-entropy-sign",
        -log(sigmoid(x)) * sigmoid(x) - log(sigmoid(-x)) * sigmoid(-x),
        log(1 + exp(x)) + x * sigmoid(x),
        fault="sign",
    ),
    Statement(
        "sharpening-entropy-slope-sign",
        Derivative(two_way, beta),
        beta * x**2 * sigmoid(beta * x) * sigmoid(-beta * x),
        fault="sign",
    ),
    Statement(
        "sharpening-entropy-slope-beta",
        Derivative(two_way, beta),
        -(x**2) * sigmoid(beta * x) * sigmoid(-beta * x),
        fault="factor",
    ),
    Statement(
        "sharpening-needed-odds",
        log((L - 1) * (1 - peak) / peak) / a,
        beta,
        where=(L > 1,),
        fault="reciprocal",
    ),
    Statement(
        "smoothing-is-softmax",
        sigmoid(x) / (sigmoid(x) + sigmoid(y)),
        exp(x) / (exp(x) + exp(y)),
        fault="dropped function",  # coincides at x = y
    ),
    Statement(
        "perplexity-inverted",
        exp(-p * log(p) - (1 - p) * log(1 - p)),
        p**p * (1 - p) ** (1 - p),
        where=(p < 1,),
        fault="reciprocal",
    ),
    Statement(
        "scheduled-sampling-without-log",
        a / (a + exp(b / a)),
        sigmoid(a - b / a),
        fault="dropped function",
    ),
    Statement(
        "temperature-as-inverse",
        exp(x / tau) / (exp(x / tau) + 1),
        sigmoid(tau * x),
        fault="reciprocal",
    ),  # at tau = 1
    Statement(
        "conv-length-bracket",
        conv_length(L),
        floor((L + 2 * pad - dilation * (width - 1) + 1) / stride + 1),
        where=(L + 2 * pad > dilation * (width - 1),),
        fault="bracketing",  # coincides often where stride > 2
        source="museum: torch-nn-945",
    ),
    Statement(
        "conv-transpose-without-width",
        conv_length((L - 1) * stride - 2 * pad + 1),
        L,
        fault="dropped term",  # coincides at width = 1
        source="proposed in pytorch-172560",
    ),
    Statement(
        "conv-transpose-any-output-padding",
        conv_length((L - 1) * stride - 2 * pad + dilation * (width - 1) + extra + 1),
        L,
        fault="wrong domain",  # right where extra < stride
    ),
    Statement(
        "conv-half-padding-keeps",
        L + 2 * floor(width / 2) - (width - 1),
        L,
        fault="wrong domain",
    ),  # right for odd widths
    Statement(
        "strided-length-floor",
        floor((L - 1) / stride) + 1,
        floor(L / stride) + 1,
        fault="index",
    ),  # differs if stride | L
    Statement(
        "strided-length-plain-floor",
        floor((L - 1) / stride) + 1,
        floor(L / stride),
        fault="index",
    ),  # right if stride | L
    Statement(
        "dilated-extent-off-by-one",
        (width - 1) * pad + 1,
        width + (width - 1) * pad,
        fault="index",
        source="museum: onednn-587",
    ),
    Statement(
        "stft-frames-window",
        1 + floor((L - width) / hop),
        1 + floor((L - red) / hop),
        where=(red <= width, width <= L),
        fault="swapped symbols",  # red stands for win_length, width for n_fft
        source="proposed in pytorch-97240",
    ),
    Statement("padding-to-multiple-sign", floor((T + red - 1) / red) * red - T, Mod(T, red), fault="sign"),
    Statement(
        "pyramid-halving-rounded-up",
        floor(ceiling(T / 2) / 2),
        floor(T / 4),
        fault="dropped function",
    ),  # fails at T = 3 mod 4
    Statement(
        "pyramid-composition-sum",
        floor(floor(T / red) / stride),
        floor(T / (red + stride)),
        fault="bracketing",  # both are 0 if T is short
    ),
    Statement("flat-index-row-unbounded", floor((bat * T + row) / T), bat, fault="wrong domain"),
    Statement("flat-index-column-unbounded", Mod(bat * T + row, T), row, fault="wrong domain"),
    Statement(
        "flat-index-wrong-view",
        j * B + bat,
        bat * red + j,
        where=(bat < B, j < red),
        fault="index",
        source="note: a reshaping bug",
    ),
    Statement(
        "pair-two-frames-single-width",
        (bat * 2 * M + row) * D + col,
        (bat * M + floor(row / 2)) * D + Mod(row, 2) * D + col,
        fault="factor",
    ),
    Statement(
        "reshape-scramble-modulus",
        Mod(red * (j * B + bat), red * B),
        Mod(j + red * bat, red * B),
        where=(red > 1, j >= 1, j < red, bat < B),
        fault="index",
    ),
    Statement("negative-floor-sign", floor(-x), -floor(x), fault="wrong domain"),  # right at whole x only
    Statement("half-steps-shift", floor(x) + floor(x + 1), floor(2 * x), fault="index"),
    Statement("receptive-field-index", 1 + Sum(2**i, (i, 0, n)), 2**n, fault="index"),
    Statement("receptive-field-missing-one", Sum(2**i, (i, 0, n - 1)), 2**n, fault="dropped term"),
    Statement("pyramid-steps-index", Sum(T / 2**i, (i, 0, n)), T * (2 - 2 ** (1 - n)), fault="index"),
    Statement(
        "stop-hazard-index",
        Sum(p * (1 - p) ** i, (i, 1, n)),
        1 - (1 - p) ** n,
        where=(p < 1,),
        fault="index",
    ),
    Statement(
        "free-running-variance-power",
        Sum(p ** (2 * i), (i, 0, n - 1)),
        (1 - p**n) / (1 - p**2),
        where=(p < 1,),
        fault="exponent",
    ),
    Statement("equal-copies-entropy-sign", Sum(log(1 / n) / n, (i, 1, n)), log(n), fault="sign"),  # at n = 1
    Statement(
        "graves-window-mass-half",
        line(a * exp(-b * (x - y) ** 2), y),
        a * sqrt(pi / (2 * b)),
        fault="factor",
    ),
    Statement(
        "positional-dot-product-sum",
        sin(omega * x) * sin(omega * y) + cos(omega * x) * cos(omega * y),
        cos(omega * (x + y)),
        fault="sign",
    ),
    Statement(
        "positional-shift-sign",
        sin(omega * (x + y)),
        sin(omega * x) * cos(omega * y) - cos(omega * x) * sin(omega * y),
        fault="sign",
    ),
    Statement(
        "rotary-inner-product-sign",
        (f_1 * cos(x) - f_2 * sin(x)) * (g_1 * cos(y) - g_2 * sin(y))
        + (f_1 * sin(x) + f_2 * cos(x)) * (g_1 * sin(y) + g_2 * cos(y)),
        (f_1 * g_1 + f_2 * g_2) * cos(x - y) - (f_1 * g_2 - f_2 * g_1) * sin(x - y),
        fault="sign",  # coincides at x = y
    ),
    Statement(
        "positional-frequency-half",
        exp(-i * log(10000) / D),
        Integer(10000) ** (-2 * i / D),
        fault="factor",
    ),  # at i = 0
    Statement(
        "positional-frequency-precedence",
        exp(-i * log(10000) / floor(D / 2)),
        exp(i * floor(-log(10000) / (2 * D))),
        where=(D > 1,),
        fault="bracketing",  # coincides at i = 0
        source="museum: loftr-41",
    ),
    Statement(
        "dirichlet-kernel-index",
        Sum(cos(i * x), (i, 0, n - 1)),
        sin(n * x / 2) * cos(n * x / 2) / sin(x / 2),
        where=(Ne(sin(x / 2), 0),),
        fault="index",
    ),
    Statement("mu-law-wrong-base", log(1 + b * ((1 + b) ** a - 1) / b) / log(b + 2), a, fault="index"),
    Statement(
        "mel-constant-rounded",
        2595 * log(1 + a / 700) / log(10),
        1127 * log(1 + a / 700),
        fault="factor",
    ),  # 1e-5 off
    Statement(
        "decibel-of-amplitude",
        10 * log(a) / log(10),
        20 * log(a) / log(10),
        fault="factor",
    ),  # at a = 1
    Statement("softmax-of-product", exp(x * y), exp(x) * exp(y), fault="bracketing"),
)

WRONG = WRONG_SHRINKAGE + WRONG_FLOWS + WRONG_GRADIENTS + WRONG_TRANSPORT + WRONG_ATTENTION

# --------------------------------------------------------------------------------------------------
# Derivations whose ends are equal but which pass through a wrong term.
# (name, terms, index of the first false link; link k joins terms[k] and terms[k + 1])
# The link after the wrong term takes the error back, so it is false too; all others are true.
# --------------------------------------------------------------------------------------------------
CHAINS = (
    (
        "posterior-mean-loses-a-term",
        [
            mu_1_mean,
            (mu_0 * sigma**2 + y * tau_0**2) / (sigma**2 + tau_0**2),
            mu_0 + y * tau_0**2 / (sigma**2 + tau_0**2),
            mu_0 + (y - mu_0) * tau_0**2 / (sigma**2 + tau_0**2),
        ],
        1,
    ),
    (
        "evidence-loses-a-half",
        [
            line(normal(y, theta, sigma**2) * prior, theta),
            exp(-((y - mu_0) ** 2) / (2 * (sigma**2 + tau_0**2)))
            * line(exp(-((theta - mu_1_mean) ** 2) / (2 * tau_1_sq)), theta)
            / (2 * pi * sigma * tau_0),
            exp(-((y - mu_0) ** 2) / (2 * (sigma**2 + tau_0**2)))
            * line(exp(-((theta - mu_1_mean) ** 2) / tau_1_sq), theta)
            / (2 * pi * sigma * tau_0),
            normal(y, mu_0, sigma**2 + tau_0**2),
        ],
        1,
    ),
    (
        "kl-normal-log-turned-over",
        [
            kl_normal_integral(mu_1, sigma_1, mu_2, sigma_2),
            log(sigma_1 / sigma_2) + (sigma_1**2 + (mu_1 - mu_2) ** 2) / (2 * sigma_2**2) - half,
            kl_normal(mu_1, sigma_1, mu_2, sigma_2),
        ],
        0,
    ),
    (
        "gamma-variance-square-forgotten",
        [
            ray(x**2 * gamma_density(x, a, b), x) - ray(x * gamma_density(x, a, b), x) ** 2,
            a * (a + 1) / b**2 - (a / b) ** 2,
            a * (a + 1) / b**2 - a / b**2,
            a / b**2,
        ],
        1,
    ),
    (
        "digamma-steps-from-one-too-far",
        [digamma(a + 2) - digamma(a), 1 / (a + 1) + 1 / (a + 2), 1 / a + 1 / (a + 1)],
        0,
    ),
    (
        "lognormal-density-jacobian-late",
        [
            Derivative(Phi(log(a) / sigma), a),
            normal(log(a), 0, sigma**2),
            normal(log(a), 0, sigma**2) / a,
            exp(-(log(a) ** 2) / (2 * sigma**2)) / (a * sigma * sqrt(2 * pi)),
        ],
        0,
    ),
    (
        "tanh-log-slope-loses-log-two",
        [
            log(1 - tanh(x) ** 2),
            -2 * log(cosh(x)),
            -2 * (x + log(1 + exp(-2 * x))),
            2 * (log(2) - x - log(1 + exp(-2 * x))),
        ],
        1,
    ),
    (
        "softplus-difference-becomes-sum",
        [log(1 + exp(x)) - log(1 + exp(-x)), log((1 + exp(x)) * (1 + exp(-x))), x],
        0,
    ),
    (
        "score-identity-without-gradient",
        [
            Derivative(line(z**2 * normal(z, mu, sigma**2), z), mu),
            line(z**2 * normal(z, mu, sigma**2) * log_normal(z, mu, sigma), z),
            line(z**2 * normal(z, mu, sigma**2) * score, z),
            2 * mu,
        ],
        0,
    ),
    (
        "gae-weights-one-short",
        [
            Sum((1 - p) * p ** (i - 1), (i, 1, n)),
            Sum(p ** (i - 1), (i, 1, n)) - Sum(p**i, (i, 1, n)),
            1 - p ** (n - 1),
            1 - p**n,
        ],
        1,
    ),
    (
        "wasserstein-2-cross-term-kept",
        [
            line((mu_1 - mu_2 + (sigma_1 - sigma_2) * z) ** 2 * normal(z, 0, 1), z),
            (mu_1 - mu_2) ** 2 + 2 * (mu_1 - mu_2) * (sigma_1 - sigma_2) + (sigma_1 - sigma_2) ** 2,
            (mu_1 - mu_2) ** 2 + (sigma_1 - sigma_2) ** 2,
        ],
        0,
    ),
    (
        "sigmoid-slope-square-late",
        [
            Derivative(sigmoid(x), x),
            exp(-x) / (1 + exp(-x)) ** 2,
            exp(-x) / (1 + exp(-x)),
            sigmoid(x) * (1 - sigmoid(x)),
        ],
        1,
    ),
    (
        "positional-dot-product-through-sum-of-angles",
        [
            sin(omega * x) * sin(omega * y) + cos(omega * x) * cos(omega * y),
            cos(omega * (x + y)),
            cos(omega * (x - y)),
        ],
        0,
    ),
    (
        "strided-length-through-floor",
        [floor((L - 1) / stride) + 1, floor(L / stride) + 1, ceiling(L / stride)],
        0,  # differs only where the stride divides the length
    ),
)
