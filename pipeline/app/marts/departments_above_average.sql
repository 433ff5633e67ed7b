-- Which departments hired more people in the year than the mean over all departments?
-- Grain: department. A department that hired nobody counts as 0 in the mean. Reads app.department_hires.
select id, department, hired
from app.department_hires
where hired > (select avg(hired) from app.department_hires)
order by hired desc, department
