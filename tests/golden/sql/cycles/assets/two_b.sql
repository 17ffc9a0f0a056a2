-- reads back
select one from two_a
