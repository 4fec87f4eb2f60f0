mod genesis;
mod live;
mod update;
