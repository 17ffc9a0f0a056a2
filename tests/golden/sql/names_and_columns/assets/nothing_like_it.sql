select *
from  zebra.stripes
