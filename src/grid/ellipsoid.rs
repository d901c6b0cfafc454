//! Lengths and areas on the reference ellipsoid, for grids in degrees.

/// An ellipsoid of revolution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ellipsoid {
    /// Equatorial radius [m].
    pub semi_major_m: f64,
    /// Flattening (a − b)/a [1]; 0 for a sphere.
    pub flattening: f64,
}

impl Ellipsoid {
    /// WGS 84.
    pub const WGS84: Self = Self { semi_major_m: 6_378_137.0, flattening: 1.0 / 298.257_223_563 };

    /// First eccentricity squared [1].
    pub fn e2(&self) -> f64 {
        self.flattening * (2.0 - self.flattening)
    }

    /// Radii of curvature at latitude `lat_deg`: in the meridian and in the prime vertical [m].
    ///
    /// Source: J. P. Snyder, "Map Projections — A Working Manual", USGS PP 1395, 1987, eq. 4-18 and 4-20.
    pub fn radii_m(&self, lat_deg: f64) -> (f64, f64) {
        let sin = lat_deg.to_radians().sin();
        let w2 = 1.0 - self.e2() * sin * sin;
        let w = w2.sqrt();
        (self.semi_major_m * (1.0 - self.e2()) / (w2 * w), self.semi_major_m / w)
    }

    /// Area between two parallels and two meridians `dlon_deg` apart [m²].
    ///
    /// Source: Snyder 1987, eq. 3-12 (authalic latitude): A = ½ a² (1 − e²) Δλ [q(φ₂) − q(φ₁)] with the usual q.
    pub fn quadrangle_m2(&self, lat_south_deg: f64, lat_north_deg: f64, dlon_deg: f64) -> f64 {
        let e2 = self.e2();
        let e = e2.sqrt();
        let q = |lat_deg: f64| {
            let sin = lat_deg.to_radians().sin();
            let log_term = if e > 0.0 { (e * sin).atanh() / e } else { sin };
            sin / (1.0 - e2 * sin * sin) + log_term
        };
        let a2 = self.semi_major_m * self.semi_major_m;
        0.5 * a2 * (1.0 - e2) * dlon_deg.to_radians() * (q(lat_north_deg) - q(lat_south_deg))
    }

    /// Distance between two nearby points given as (longitude, latitude) [°], in metres.
    ///
    /// The Gauss mid-latitude formula to second order: 1e-9 relative at 30 km and 1e-7 at 100 km away from the
    /// poles, at a tenth of the price of [`Self::geodesic_m`]. Longitudes may differ by a whole turn.
    ///
    /// Source: R. H. Rapp, "Geometric Geodesy, Part I", Ohio State University, 1991, sect. 4.6.
    pub fn near_distance_m(&self, from: (f64, f64), to: (f64, f64)) -> f64 {
        let (east_m, north_m) = self.near_offset_m(from, to);
        east_m.hypot(north_m)
    }

    /// S·sin A and S·cos A of [`Self::near_distance_m`] at the middle latitude: the offset east and north [m].
    pub fn near_offset_m(&self, from: (f64, f64), to: (f64, f64)) -> (f64, f64) {
        let lat = 0.5 * (from.1 + to.1);
        let (meridian_m, vertical_m) = self.radii_m(lat);
        let (sin, cos) = lat.to_radians().sin_cos();
        let dlat = (to.1 - from.1).to_radians();
        let dlon = wrap_deg(to.0 - from.0).to_radians();
        let (l2, b2) = (dlon * dlon, dlat * dlat);
        let eta2 = self.e2() / (1.0 - self.e2()) * cos * cos;
        // η²t² written without the division, so that the formula holds at the poles.
        let eta2_t2 = self.e2() / (1.0 - self.e2()) * sin * sin;
        let v4 = (1.0 + eta2) * (1.0 + eta2);
        let east = 1.0 - l2 * sin * sin / 24.0 + (1.0 + eta2 - 9.0 * eta2_t2) / (24.0 * v4) * b2;
        let north = 1.0 + (1.0 - 2.0 * eta2) / 24.0 * l2 * cos * cos + (eta2 - eta2_t2) / (8.0 * v4) * b2;
        (vertical_m * cos * dlon * east, meridian_m * dlat * (0.5 * dlon).cos() * north)
    }

    /// Length of the geodesic between two points given as (longitude, latitude) [°], in metres.
    ///
    /// `NaN` where the iteration does not converge (nearly antipodal points).
    ///
    /// Source: T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid with application of nested
    /// equations", Survey Review 23(176), 1975, inverse formula.
    pub fn geodesic_m(&self, from: (f64, f64), to: (f64, f64)) -> f64 {
        let b = self.semi_major_m * (1.0 - self.flattening);
        let f = self.flattening;
        let dlon = wrap_deg(to.0 - from.0).to_radians();
        let reduced = |lat_deg: f64| ((1.0 - f) * lat_deg.to_radians().tan()).atan().sin_cos();
        let ((sin_u1, cos_u1), (sin_u2, cos_u2)) = (reduced(from.1), reduced(to.1));
        let mut lambda = dlon;
        for _ in 0..200 {
            let (sin_l, cos_l) = lambda.sin_cos();
            let sin_sigma = (cos_u2 * sin_l).hypot(cos_u1 * sin_u2 - sin_u1 * cos_u2 * cos_l);
            if sin_sigma == 0.0 {
                return 0.0;
            }
            let cos_sigma = sin_u1 * sin_u2 + cos_u1 * cos_u2 * cos_l;
            let sigma = sin_sigma.atan2(cos_sigma);
            let sin_alpha = cos_u1 * cos_u2 * sin_l / sin_sigma;
            let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
            let cos_2sm = if cos2_alpha > 0.0 { cos_sigma - 2.0 * sin_u1 * sin_u2 / cos2_alpha } else { 0.0 };
            let c = f / 16.0 * cos2_alpha * (4.0 + f * (4.0 - 3.0 * cos2_alpha));
            let inner = cos_2sm + c * cos_sigma * (2.0 * cos_2sm * cos_2sm - 1.0);
            let next = dlon + (1.0 - c) * f * sin_alpha * (sigma + c * sin_sigma * inner);
            let step = (next - lambda).abs();
            lambda = next;
            if step < 1e-13 {
                let u2 = cos2_alpha * (self.semi_major_m.powi(2) - b * b) / (b * b);
                let big_a = 1.0 + u2 / 16_384.0 * (4096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)));
                let big_b = u2 / 1024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)));
                let third = cos_sigma * (2.0 * cos_2sm * cos_2sm - 1.0)
                    - big_b / 6.0 * cos_2sm * (4.0 * sin_sigma * sin_sigma - 3.0) * (4.0 * cos_2sm * cos_2sm - 3.0);
                return b * big_a * (sigma - big_b * sin_sigma * (cos_2sm + big_b / 4.0 * third));
            }
        }
        f64::NAN
    }
}

/// The same angle between −180° and 180°.
pub fn wrap_deg(angle_deg: f64) -> f64 {
    angle_deg - 360.0 * (angle_deg / 360.0).round()
}
