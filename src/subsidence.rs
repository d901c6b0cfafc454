//! What mining does to the ground above: the probability-integral method (PIM), its course in time, and what is seen of it.
//!
//! Signs and units, everywhere: subsidence in metres, positive downwards; x and y in metres, as the coordinates of the panels;
//! tilt as the rise of subsidence along x and y \[m/m\]; curvature \[1/m\] and strain \[m/m\] positive where the ground bends
//! upwards or is stretched, so that a trough has positive ones at its rim. Time in years of 365.25 days.
//!
//! Source of the method: J. Litwiniszyn's stochastic medium as developed by Liu Baochen and Liao Guohua, 1965, and stated in "Code
//! for pillar design and coal mining under buildings, water bodies, railways and main shafts", China, 2017.

pub mod block;
pub mod damage;
pub mod decision;
pub mod deformation;
pub mod fit;
pub mod influence;
pub mod insar;
pub mod outline;
pub mod panel;
pub mod quantity;
pub mod rectangle;
pub mod scene;
pub mod time;
pub mod trough;
