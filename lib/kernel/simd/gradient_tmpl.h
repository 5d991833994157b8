/* Included once for each precision by loops_tmpl.h: A and B of the gradient in x, A x' + B x (loops.h). */

typedef struct NAME(slope) {
    VECTOR along, own; /* A, B */
} NAME(slope);

/* rho as it may be taken: where it is near to 1 the place is replaced, and sine need only not be 0 */
static inline VECTOR NAME(sine)(VECTOR rho)
{
    return V(sqrt)(V(max)(NAME(sine_square)(rho), V(set)((REAL)1e-30)));
}

static inline NAME(slope) NAME(slopes_slope)(const NAME(constants) * c, VECTOR rho, VECTOR w, VECTOR p, VECTOR q)
{
    (void)w, (void)q;
    VECTOR sine = NAME(sine)(rho), kink = c->k3 * rho / sine;
    return (NAME(slope)){V(fma)(c->k0, NAME(angle)(rho), c->k1) + kink, p * c->q * (c->k2 * sine - rho * kink)};
}

static inline NAME(slope) NAME(levels_slope)(const NAME(constants) * c, VECTOR rho, VECTOR w, VECTOR p, VECTOR q)
{
    (void)p, (void)q;
    VECTOR kink = c->k0 * c->w / NAME(sine)(rho);
    return (NAME(slope)){kink * w, V(set)(0) - kink * c->w * rho};
}

static inline NAME(slope) NAME(erf_slope)(const NAME(constants) * c, VECTOR rho, VECTOR w, VECTOR h, VECTOR g)
{
    (void)w;
    VECTOR W = NAME(arc_sine)(c, rho, h, g), sum = (c->k0 + c->k1 / (W * W)) * c->q / W;
    return (NAME(slope)){sum * g, V(set)(0) - sum * c->q * (c->p * h * rho)};
}

/* With a = g^2, b = g'^2, x = a / W^2, y = b / W^2 and sigma = h h' s,
 *   kdot       = 1/4 + (atan(t / W) + t / W (a b / W^2 + a + b)) / (2 pi)
 *   q12 kdd    = t / (2 pi W) (1 + x + y + x y (1 + 2 t^2))
 *   2 k1       = g / (pi g' W) (a h'^2 W^2 + sigma^2 / 2 - t^2 a b (1 + 1 / (2 W^2)))
 *   2 q12 kd1  = -g t^2 / (pi g' W) (1/2 + (x + y + 3 x y) / 2 + a)
 * from the derivatives of the closed form (closed_forms.h), in which nothing overflows. */
static inline NAME(slope) NAME(gelu_slope)(const NAME(constants) * c, VECTOR rho, VECTOR w, VECTOR h, VECTOR g)
{
    (void)w;
    const VECTOR half = V(set)((REAL)0.5), one = V(set)(1), three = V(set)(3), turn = V(set)((REAL)0.15915494309189533577);
    VECTOR W = NAME(arc_sine)(c, rho, h, g), WW = W * W, hh = c->p * h, t = hh * rho, tt = t * t, ratio = t / W;
    VECTOR a = c->q * c->q, b = g * g, x = a / WW, y = b / WW, xy = x * y, sine_square = hh * hh * NAME(sine_square)(rho);
    VECTOR kdot = V(fma)(turn, V(fma)(ratio, V(fma)(a, y, a + b), V(atan)(ratio)), V(set)((REAL)0.25));
    VECTOR second = turn * ratio * (one + x + y + V(fma)(xy + xy, tt, xy));
    VECTOR first_own = V(fma)(a * h * h, WW, half * sine_square) - tt * a * (b + half * y);
    VECTOR second_own = tt * (half + half * V(fma)(three, xy, x + y) + a);
    VECTOR own = (turn + turn) * c->q / (g * W) * (c->k0 * first_own - c->k1 * second_own);
    return (NAME(slope)){V(fma)(c->k0, kdot, c->k1 * (kdot + second)), own};
}

/* dX / dq12 = Y, dY / dq12 = X, and -1/2 of both in q11 */
static inline NAME(slope) NAME(wave_slope)(const NAME(constants) * c, VECTOR rho, VECTOR w, VECTOR p, VECTOR q)
{
    (void)w, (void)q;
    const VECTOR half = V(set)((REAL)0.5), zero = V(set)(0);
    VECTOR r = NAME(bounded)(c->p * p), q12 = r * rho, apart = c->p - p;
    VECTOR nearer = V(fma)(half * apart, apart, r * (V(set)(1) - V(abs)(rho)));
    VECTOR most = half * V(exp)(zero - nearer), fall = V(expm1)(V(set)(-2) * V(abs)(q12));
    VECTOR X = V(select)(V(less)(rho, zero), most * fall, zero - most * fall), Y = most * (V(set)(2) + fall);
    VECTOR of_x = V(fma)(c->k3, q12, c->k0), of_y = V(fma)(c->k2, q12, c->k1);
    return (NAME(slope)){V(fma)(of_x + c->k2, Y, (of_y + c->k3) * X), zero - V(fma)(of_x, X, of_y * Y)};
}

static inline NAME(slope) NAME(exp_slope)(const NAME(constants) * c, VECTOR rho, VECTOR w, VECTOR p, VECTOR q)
{
    (void)w, (void)q;
    VECTOR r = c->p * p, apart = c->p - p;
    VECTOR kappa = V(exp)(V(fma)(V(set)((REAL)0.5) * apart, apart, r * (V(set)(1) + rho)));
    VECTOR own = V(fma)(c->k1, r * rho, c->k0) * kappa;
    return (NAME(slope)){V(fma)(c->k1, kappa, own), own};
}

static inline VECTOR NAME(read)(const REAL *from, int64_t rest)
{
    return rest < LANES ? V(load_part)(from, rest) : V(load)(from);
}

static inline void NAME(write)(REAL *to, VECTOR v, int64_t rest)
{
    if (rest < LANES)
        V(store_part)(to, v, rest);
    else
        V(store)(to, v);
}

#define DEFINE_GRADIENT(KIND)                                                                                          \
    static int64_t NAME(KIND##_gradient)(void *along, void *own, int64_t count, const ntk_strip *strip, int32_t *near) \
    {                                                                                                                  \
        const NAME(constants) c = NAME(broadcast)(strip);                                                              \
        const REAL *ws = strip->ws, *zs = strip->zs, *ps = strip->ps, *qs = strip->qs;                                 \
        int64_t found = 0;                                                                                             \
        for (int64_t j = 0; j < count; j += LANES) {                                                                   \
            int64_t rest = count - j;                                                                                  \
            VECTOR w = NAME(read)(ws + j, rest), z = NAME(read)(zs + j, rest);                                         \
            VECTOR rho = V(fma)(NAME(read)((const REAL *)along + j, rest), c.w * w, c.z * z);                          \
            uint32_t bits = V(bits)(V(less)(V(set)(NEAR), V(abs)(rho)));                                               \
            rho = V(max)(V(min)(rho, V(set)(1)), V(set)(-1));                                                          \
            NAME(slope) slope = NAME(KIND##_slope)(&c, rho, w, NAME(read)(ps + j, rest), NAME(read)(qs + j, rest));    \
            NAME(write)((REAL *)along + j, slope.along, rest);                                                         \
            NAME(write)((REAL *)own + j, slope.own, rest);                                                             \
            if (rest < LANES) bits &= (UINT32_C(1) << rest) - 1;                                                       \
            for (; bits; bits &= bits - 1) near[found++] = (int32_t)j + __builtin_ctz(bits);                           \
        }                                                                                                              \
        return found;                                                                                                  \
    }

DEFINE_GRADIENT(slopes)
DEFINE_GRADIENT(levels)
DEFINE_GRADIENT(erf)
DEFINE_GRADIENT(gelu)
DEFINE_GRADIENT(wave)
DEFINE_GRADIENT(exp)
#undef DEFINE_GRADIENT
