//! 95 % intervals: Wilson for shares, adjusted Wald for NPS, Student's t for means, and the
//! intervals of a difference.
//!
//! Shares are given and returned as fractions 0–1, means in the units of their scale.

/// The 97.5 % quantile of the normal distribution.
pub const Z: f64 = 1.959964;

/// The two ends of an interval.
pub type Interval = (f64, f64);

/// Interval of a share: Wilson (1927), "Probable inference, the law of succession, and statistical
/// inference". `hits` of `n` > 0, within 0–1.
pub fn wilson(hits: f64, n: f64) -> Interval {
    let share = hits / n;
    let z2 = Z * Z;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // Rounding must not push an end past a share of exactly 0 or 1.
    ((centre - half).clamp(0.0, share), (centre + half).clamp(share, 1.0))
}

/// The adjusted NPS, as a fraction, and its variance: Rocks (2016), "Interval estimation for the
/// Net Promoter Score", adds 0.75 promoters, 1.5 passives and 0.75 detractors.
pub fn nps_adjusted(promoters: f64, detractors: f64, n: f64) -> (f64, f64) {
    let n = n + 3.0;
    let (promoters, detractors) = ((promoters + 0.75) / n, (detractors + 0.75) / n);
    let score = promoters - detractors;
    (score, (promoters + detractors - score * score) / n)
}

/// Interval of an NPS, as fractions within −1…1: adjusted Wald, widened to contain the raw score.
pub fn nps(promoters: f64, detractors: f64, n: f64) -> Interval {
    let (centre, variance) = nps_adjusted(promoters, detractors, n);
    let raw = (promoters - detractors) / n;
    let half = Z * variance.sqrt();
    ((centre - half).max(-1.0).min(raw), (centre + half).min(1.0).max(raw))
}

/// Interval of a mean by Student's t; `None` below two answers or without any variance.
/// `variance` is the sample's (divided by n − 1).
pub fn mean(mean: f64, variance: f64, n: f64) -> Option<Interval> {
    if n < 2.0 || variance <= 0.0 {
        return None;
    }
    let half = t_quantile(n - 1.0) * (variance / n).sqrt();
    Some((mean - half, mean + half))
}

/// Interval of the difference of two shares, `now` − `before`: Newcombe (1998), "Interval
/// estimation for the difference between independent proportions", hybrid score (method 10).
/// Each is (hits, n).
pub fn share_change(now: (f64, f64), before: (f64, f64)) -> Interval {
    let (p1, (l1, u1)) = (now.0 / now.1, wilson(now.0, now.1));
    let (p2, (l2, u2)) = (before.0 / before.1, wilson(before.0, before.1));
    let change = p1 - p2;
    (change - (p1 - l1).hypot(u2 - p2), change + (u1 - p1).hypot(p2 - l2))
}

/// Interval of the difference of two NPS, as fractions: the raw difference, and the variances of
/// the adjusted scores added. Each is (promoters, detractors, n).
pub fn nps_change(now: (f64, f64, f64), before: (f64, f64, f64)) -> Interval {
    let raw = |(p, d, n): (f64, f64, f64)| (p - d) / n;
    let variance = |(p, d, n): (f64, f64, f64)| nps_adjusted(p, d, n).1;
    let change = raw(now) - raw(before);
    let half = Z * (variance(now) + variance(before)).sqrt();
    (change - half, change + half)
}

/// Interval of the difference of two means: Welch (1947). Each is (mean, variance, n).
/// `None` when either has fewer than two answers, or neither has any variance.
pub fn mean_change(now: (f64, f64, f64), before: (f64, f64, f64)) -> Option<Interval> {
    let (a, b) = (now.1 / now.2, before.1 / before.2);
    if now.2 < 2.0 || before.2 < 2.0 || a + b <= 0.0 {
        return None;
    }
    let freedom = (a + b).powi(2) / (a * a / (now.2 - 1.0) + b * b / (before.2 - 1.0));
    let half = t_quantile(freedom) * (a + b).sqrt();
    let change = now.0 - before.0;
    Some((change - half, change + half))
}

/// The 97.5 % quantile of Student's t with `freedom` ≥ 1 degrees of freedom.
pub fn t_quantile(freedom: f64) -> f64 {
    // P(|T| > t) = I_{ν/(ν+t²)}(ν/2, 1/2) falls as t rises: halve the bracket until it is a point.
    let outside = |t: f64| regularized_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5);
    let (mut low, mut high) = (1.0, 13.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if outside(middle) > 0.05 { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The regularized incomplete beta function `I_x(a, b)`: Abramowitz & Stegun 26.5.8, its continued
/// fraction evaluated by Lentz's method.
fn regularized_beta(x: f64, a: f64, b: f64) -> f64 {
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - regularized_beta(1.0 - x, b, a);
    }
    let front =
        (a * x.ln() + b * (1.0 - x).ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    let (mut c, mut d) = (1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for step in 1..300 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for term in [even, odd] {
            d = 1.0 / (1.0 + term * d);
            c = 1.0 + term / c;
            fraction *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * fraction
}

/// The logarithm of the gamma function for x > 0: Lanczos (1964), g = 7, nine coefficients.
fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let base = x + 7.5;
    let sum: f64 = COEFFICIENTS[0]
        + (1u8..).zip(&COEFFICIENTS[1..]).map(|(i, c)| c / (x + f64::from(i))).sum::<f64>();
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Interval, expected: Interval) {
        let near = |a: f64, b: f64| (a - b).abs() < 5e-7;
        assert!(near(found.0, expected.0) && near(found.1, expected.1), "{found:?} {expected:?}");
    }

    /// Reference values: `scipy.stats.t.ppf(0.975, ν)`.
    #[test]
    fn t_quantiles_agree_with_scipy() {
        let table = [
            (1.0, 12.706_204_736),
            (1.5, 6.016_663_104),
            (2.0, 4.302_652_73),
            (4.7, 2.620_726_075),
            (9.0, 2.262_157_163),
            (29.0, 2.045_229_642),
            (1e3, 1.962_339_081),
            (1e6, 1.959_966_357),
        ];
        for (freedom, expected) in table {
            let found = t_quantile(freedom);
            assert!((found - expected).abs() < 1e-6, "{freedom}: {found}");
        }
    }

    #[test]
    fn shares_agree_with_statsmodels() {
        // proportion_confint(x, n, method="wilson")
        close(wilson(200.0, 340.0), (0.535_220_3, 0.639_278_7));
        close(wilson(0.0, 10.0), (0.0, 0.277_532_8));
        close(wilson(10.0, 10.0), (0.722_467_2, 1.0));
        close(wilson(1.0, 1.0), (0.206_549_3, 1.0));
    }

    #[test]
    fn an_interval_contains_its_point() {
        for n in 1..40 {
            for p in 0..=n {
                for d in 0..=n - p {
                    let (p, d, n) = (f64::from(p), f64::from(d), f64::from(n));
                    let (low, high) = nps(p, d, n);
                    let raw = (p - d) / n;
                    assert!(-1.0 <= low && low <= raw && raw <= high && high <= 1.0, "{p} {d} {n}");
                }
                let (low, high) = wilson(f64::from(p), f64::from(n));
                let share = f64::from(p) / f64::from(n);
                assert!(0.0 <= low && low <= share && share <= high && high <= 1.0, "{p} {n}");
            }
        }
    }

    #[test]
    fn changes_agree_with_statsmodels_and_scipy() {
        // confint_proportions_2indep(56, 70, 48, 80, method="newcomb", compare="diff")
        close(share_change((56.0, 70.0), (48.0, 80.0)), (0.052_431_5, 0.333_872_7));
        // ttest_ind([1,2,2,3,5,7,7,4], [2,2,3,1,1,4], equal_var=False).confidence_interval()
        let (now, before) =
            ((3.875, 5.267_857_142_857_143, 8.0), (13.0 / 6.0, 1.366_666_666_666_666_7, 6.0));
        close(mean_change(now, before).unwrap(), (-0.366_945_2, 3.783_611_9));
    }

    #[test]
    fn means_need_two_answers_and_variance() {
        assert_eq!(mean(4.0, 0.0, 1.0), None);
        assert_eq!(mean(4.0, 0.0, 9.0), None);
        // scipy.stats.t.interval(0.95, 9, loc=4, scale=sqrt(2/10))
        close(mean(4.0, 2.0, 10.0).unwrap(), (2.988_332_6, 5.011_667_4));
        assert_eq!(mean_change((4.0, 0.0, 9.0), (3.0, 0.0, 9.0)), None);
    }
}
