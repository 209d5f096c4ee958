/* Is a difference more than chance?  Exact conditional tests: given the sum of both counts, the one
 * is binomial (Poisson counts), or hypergeometric (parts of a whole).  Two-sided: the probability
 * of all outcomes that are not likelier than the one seen.  Floating point stays in here: only a
 * probability of four decimals leaves, and nothing of it is stored. */
#include "measure/figure_int.h"
#include <math.h>

static double log_factorial(int64_t n)
{
    int sign;
    return lgamma_r((double)n + 1, &sign);
}

static double log_choose(int64_t n, int64_t k)
{
    return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

/* log of the probability of k, up to a constant */
struct law {
    double (*log_weight)(const struct law *l, int64_t k);
    int64_t low, high; /* possible outcomes */
    double log_p, log_q;
    int64_t a, b, both;
};

static double binomial(const struct law *l, int64_t k)
{
    return log_choose(l->both, k) + (double)k * l->log_p + (double)(l->both - k) * l->log_q;
}

static double hypergeometric(const struct law *l, int64_t k)
{
    return log_choose(l->a, k) + log_choose(l->b, l->both - k);
}

/* Both laws have one peak: from it outwards terms only shrink, so that a tail can be left when it
 * no longer matters. */
static int64_t peak_of(const struct law *l)
{
    int64_t low = l->low, high = l->high;
    while (low < high) {
        int64_t mid = low + (high - low) / 2;
        if (l->log_weight(l, mid) < l->log_weight(l, mid + 1))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void side(const struct law *l, int64_t from, int step, double top, double seen, double *all,
                 double *rare)
{
    static const double SLACK = 1e-7, TINY = 1e-12;
    for (int64_t k = from; k >= l->low && k <= l->high; k += step) {
        double w = l->log_weight(l, k), v = exp(w - top);
        *all += v;
        if (w <= seen + SLACK)
            *rare += v;
        if (v < TINY)
            return;
    }
}

static int64_t p_of(const struct law *l, int64_t k)
{
    int64_t peak = peak_of(l);
    double top = l->log_weight(l, peak), seen = l->log_weight(l, k), all = 0, rare = 0;
    side(l, peak, 1, top, seen, &all, &rare);
    side(l, peak - 1, -1, top, seen, &all, &rare);
    double p = rare / all;
    return p >= 1 ? 10000 : (int64_t)(p * 10000 + 0.5);
}

int64_t chance_counts(int64_t n_1, int64_t days_1, int64_t n_0, int64_t days_0)
{
    ASSERT(n_1 >= 0 && n_0 >= 0);
    ASSERT(days_1 > 0 && days_0 > 0);
    double p = (double)days_1 / (double)(days_1 + days_0);
    struct law l = {.log_weight = binomial,
                    .low = 0,
                    .high = n_1 + n_0,
                    .both = n_1 + n_0,
                    .log_p = log(p),
                    .log_q = log1p(-p)};
    return p_of(&l, n_1);
}

int64_t chance_parts(int64_t n_1, int64_t N_1, int64_t n_0, int64_t N_0)
{
    ASSERT(n_1 >= 0 && n_1 <= N_1);
    ASSERT(n_0 >= 0 && n_0 <= N_0);
    struct law l = {.log_weight = hypergeometric, .a = N_1, .b = N_0, .both = n_1 + n_0};
    l.low = max64(0, l.both - N_0);
    l.high = min64(N_1, l.both);
    return p_of(&l, n_1);
}
